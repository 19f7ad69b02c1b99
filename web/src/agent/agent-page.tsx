// One agent: what it does, what it changed, what it cost, and the next thing to say to it.

import { useEffect, type ReactNode } from "react";

import { ApiError } from "../api/error";
import { Link } from "../app/link";
import { agentAddress, navigate } from "../app/router";
import { visible } from "../text/visible";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { StateMark } from "../ui/state-mark";
import { useIsAway } from "../ui/is-away";
import { Panel, Tabs, type Tab } from "../ui/tabs";
import { Artifacts } from "./artifacts";
import { Changes } from "./changes";
import { FollowUp } from "./follow-up";
import { Head } from "./head";
import { PullRequests } from "./pull-requests";
import { TranscriptView } from "./transcript/transcript-view";
import { UsagePanel } from "./usage-panel";
import { useAgent, useTranscript } from "./use-agent";

type TabName = "transcript" | "changes" | "files" | "usage";

const TABS: readonly Tab<TabName>[] = [
  { name: "transcript", label: "Transcript" },
  { name: "changes", label: "Changes" },
  { name: "files", label: "Files" },
  { name: "usage", label: "Usage" },
];

interface Props {
  id: string;
  query: URLSearchParams;
}

export default function AgentPage({ id, query }: Props): ReactNode {
  const agent = useAgent(id);
  const { transcript, connection, error } = useTranscript(id);
  const [head, isHeadAway] = useIsAway();
  const name = agent.data?.name;
  useEffect(() => {
    if (name !== undefined) document.title = `${visible(name)} · Outwork`;
    return () => {
      document.title = "Outwork";
    };
  }, [name]);

  if (agent.error instanceof ApiError && agent.error.status === 404) return <Gone />;
  if (agent.error !== null && agent.data === undefined) return <Failure error={agent.error} onRetry={() => void agent.refetch()} />;
  if (agent.data === undefined) return <Spinner label="Loading the agent" />;

  const current = TABS.find((tab) => tab.name === query.get("tab"))?.name ?? "transcript";
  const show = (tab: TabName) => navigate(tab === "transcript" ? agentAddress(id) : `${agentAddress(id)}&tab=${tab}`, "replace");
  return (
    <div className="page agent-page">
      <div ref={head}>
        <Head agent={agent.data} connection={connection} />
      </div>
      <PullRequests agent={agent.data} onReview={() => show("changes")} />
      <div className="agent-bar">
        <Tabs label="Parts of the agent" tabs={TABS} current={current} onChange={show} />
        {isHeadAway && (
          <p className="agent-bar-name" aria-hidden="true">
            <StateMark state={agent.data.state} />
            <span>{visible(agent.data.name)}</span>
          </p>
        )}
      </div>
      {error !== undefined && <Failure error={error} />}
      {current === "transcript" && (
        <Panel name="transcript" className="transcript-panel">
          <TranscriptView agentId={id} transcript={transcript} connection={connection} />
          <FollowUp agent={agent.data} />
        </Panel>
      )}
      {current === "changes" && (
        <Panel name="changes">
          <Changes agent={agent.data} />
        </Panel>
      )}
      {current === "files" && (
        <Panel name="files">
          <Artifacts agent={agent.data} />
        </Panel>
      )}
      {current === "usage" && (
        <Panel name="usage">
          <UsagePanel agent={agent.data} turns={transcript.turns} />
        </Panel>
      )}
    </div>
  );
}

function Gone(): ReactNode {
  return (
    <div className="empty">
      <h1>There is no such agent</h1>
      <p>It was deleted, never was, or belongs to somebody else.</p>
      <Link to="/agents">To the agents</Link>
    </div>
  );
}
