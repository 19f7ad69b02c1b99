// The rows of the list: agents, with heads between them if they are grouped. Pure.

import type { AgentSummary } from "../api/types";

export type Row = { kind: "agent"; key: string; agent: AgentSummary } | { kind: "group"; key: string; repository: string; count: number; folded: boolean };

const NONE = "";

export function rowsOf(agents: readonly AgentSummary[], grouped: boolean, folded: ReadonlySet<string>): Row[] {
  const agentRow = (agent: AgentSummary): Row => ({ kind: "agent", key: agent.id, agent });
  if (!grouped) return agents.map(agentRow);
  const groups = new Map<string, AgentSummary[]>();
  for (const agent of agents) {
    const repository = agent.repositories[0]?.repository ?? NONE;
    const group = groups.get(repository);
    if (group === undefined) groups.set(repository, [agent]);
    else group.push(agent);
  }
  return [...groups].flatMap(([repository, members]): Row[] => {
    const isFolded = folded.has(repository);
    const head: Row = { kind: "group", key: `group ${repository}`, repository, count: members.length, folded: isFolded };
    return isFolded ? [head] : [head, ...members.map(agentRow)];
  });
}
