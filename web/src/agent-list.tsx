// The agents of this key's account, newest first.

import { useCallback, useEffect, useState, type ReactNode } from "react";

import { ApiError, type Api } from "./api";
import type { AgentSummary } from "./types";

interface Props {
  api: Api;
  onRefused: (why: string) => void;
}

export function AgentList({ api, onRefused }: Props): ReactNode {
  const [agents, setAgents] = useState<AgentSummary[]>();
  const [cursor, setCursor] = useState<string>();
  const [fault, setFault] = useState<string>();

  const load = useCallback(
    async (from?: string) => {
      try {
        const page = await api.agents(from);
        setAgents((old) => (from === undefined ? page.agents : [...(old ?? []), ...page.agents]));
        setCursor(page.nextCursor);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) onRefused(error.message);
        else setFault(String(error));
      }
    },
    [api, onRefused],
  );
  // Loaded once a key; `onRefused` is made anew with each rendering.
  useEffect(() => void load(), [api]);

  return (
    <>
      <h1>Agents</h1>
      {fault !== undefined && (
        <p role="alert" className="alert">
          {fault}
        </p>
      )}
      {agents !== undefined && <AgentRows agents={agents} />}
      {cursor !== undefined && (
        <button type="button" onClick={() => void load(cursor)}>
          More
        </button>
      )}
    </>
  );
}

export function AgentRows({ agents }: { agents: AgentSummary[] }): ReactNode {
  if (agents.length === 0) return <p>None yet. A prompt to the API makes the first one.</p>;
  return (
    <ul className="agents">
      {agents.map((agent) => (
        <li key={agent.id} className="card">
          <a href={`/agents?id=${encodeURIComponent(agent.id)}`}>{agent.name}</a>
          <span className={`state state-${agent.status.toLowerCase()}`}>{agent.status.toLowerCase()}</span>
          <span className="faint">
            {agent.source.repository} · {new Date(agent.createdAt).toLocaleString()}
          </span>
        </li>
      ))}
    </ul>
  );
}
