// One agent: what it does, what it changed, what it cost, and the next thing to say to it.

import { useEffect, type ReactNode } from "react";

import { ApiError } from "../api/error";
import type { Agent } from "../api/types";
import { Link } from "../app/link";
import { agentAddress, navigate } from "../app/router";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { Panel, Tabs, type Tab } from "../ui/tabs";
import { Artifacts } from "./artifacts";
import { Changes } from "./changes";
import { FollowUp } from "./follow-up";
import { Head } from "./head";
import { PullRequests } from "./pull-requests";
import { TranscriptView } from "./transcript/transcript-view";
import { UsagePanel } from "./usage-panel";
import { useAgent, useTranscript } from "./use-agent";

const TABS = ["transcript", "changes", "files", "usage"] as const;
type TabName = (typeof TABS)[number];

interface Props {
  id: string;
  query: URLSearchParams;
}

export default function AgentPage({ id, query }: Props): ReactNode {
  const agent = useAgent(id);
  const { transcript, connection, error } = useTranscript(id);
  const name = agent.data?.name;
  useEffect(() => {
    if (name !== undefined) document.title = `${name} · Outwork`;
    return () => {
      document.title = "Outwork";
    };
  }, [name]);

  if (agent.error instanceof ApiError && agent.error.status === 404) return <Gone />;
  if (agent.error !== null && agent.data === undefined) return <Failure error={agent.error} onRetry={() => void agent.refetch()} />;
  if (agent.data === undefined) return <Spinner label="Loading the agent" />;

  const current = TABS.find((tab) => tab === query.get("tab")) ?? "transcript";
  const show = (tab: TabName) => navigate(tab === "transcript" ? agentAddress(id) : `${agentAddress(id)}&tab=${tab}`, "replace");
  return (
    <div className="page agent-page">
      <Head agent={agent.data} connection={connection} />
      <PullRequests agent={agent.data} onReview={() => show("changes")} />
      <Tabs label="Parts of the agent" tabs={tabsOf(agent.data)} current={current} onChange={show} />
      {error !== undefined && <Failure error={error} />}
      {current === "transcript" && (
        <Panel name="transcript" className="transcript-panel">
          <TranscriptView transcript={transcript} connection={connection} />
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

function tabsOf(agent: Agent): readonly Tab<TabName>[] {
  const hasChanges = agent.repositories.some((one) => one.head !== undefined);
  return [
    { name: "transcript", label: "Transcript" },
    { name: "changes", label: hasChanges ? "Changes" : "Changes (none)" },
    { name: "files", label: "Files" },
    { name: "usage", label: "Usage" },
  ];
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
