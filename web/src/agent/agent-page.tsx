// One agent: what it does, what it changed, what it cost, and the next thing to say to it.

import { useEffect, useRef, type ReactNode } from "react";

import { useLeaving } from "../agents/leaving";
import { ApiError } from "../api/error";
import { Link } from "../app/link";
import { agentAddress, navigate } from "../app/router";
import { StopOnError } from "../app/stop-on-error";
import { visible } from "../text/visible";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { StateMark } from "../ui/state-mark";
import { useIsAway } from "../ui/is-away";
import { Panel, Tabs, type Tab } from "../ui/tabs";
import { Artifacts } from "./artifacts";
import { Changes } from "./changes";
import { FollowUp } from "./follow-up";
import { CONNECTIONS, Head } from "./head";
import { LeavingPage } from "./leaving-page";
import { RoomBelow } from "./room-below";
import { PullRequests } from "./pull-requests";
import { placeAtEnd, TranscriptView } from "./transcript/transcript-view";
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
  const takeBack = useLeaving().get(id)?.takeBack;
  const { transcript, connection, error } = useTranscript(id);
  const [head, isHeadAway] = useIsAway();
  const place = useRef(placeAtEnd());
  const name = agent.data?.name;
  useEffect(() => {
    if (name !== undefined) document.title = `${visible(name)} · Outwork`;
    return () => {
      document.title = "Outwork";
    };
  }, [name]);

  if (takeBack !== undefined) return <LeavingPage onUndo={takeBack} />;
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
        {isHeadAway && connection === "lost" && (
          <p className="agent-bar-lost connection lost" aria-hidden="true">
            {CONNECTIONS.lost}
          </p>
        )}
      </div>
      {error !== undefined && <Failure error={error} />}
      <Panel name="transcript" current={current} className="transcript-panel">
        {current === "transcript" && (
          <StopOnError place="transcript">
            <TranscriptView agentId={id} transcript={transcript} connection={connection} place={place} runs={agent.data.runs} />
          </StopOnError>
        )}
        <RoomBelow>
          <FollowUp agent={agent.data} />
        </RoomBelow>
      </Panel>
      <Panel name="changes" current={current}>
        <StopOnError place={current}>{current === "changes" && <Changes agent={agent.data} />}</StopOnError>
      </Panel>
      <Panel name="files" current={current}>
        <StopOnError place={current}>{current === "files" && <Artifacts agent={agent.data} />}</StopOnError>
      </Panel>
      <Panel name="usage" current={current}>
        <StopOnError place={current}>{current === "usage" && <UsagePanel agent={agent.data} turns={transcript.turns} />}</StopOnError>
      </Panel>
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
