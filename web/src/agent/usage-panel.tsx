// What an agent used: tokens and cost by run, and how long each turn took.

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { api, take } from "../api/client";
import type { Agent } from "../api/types";
import { count, duration, money } from "../text/format";
import { visible } from "../text/visible";
import { Failure } from "../ui/failure";
import { StateMark } from "../ui/state-mark";
import type { Turn } from "./transcript/item";
import { TurnChart } from "./turn-chart";

interface Props {
  agent: Agent;
  turns: readonly Turn[];
}

export function UsagePanel({ agent, turns }: Props): ReactNode {
  const usage = useQuery({
    queryKey: ["usage", agent.id, agent.updatedAt],
    queryFn: () => take(api.GET("/v1/agents/{id}/usage", { params: { path: { id: agent.id } } })),
    placeholderData: (old) => old,
  });
  const total = usage.data?.totalUsage;
  const ofRun = (id: string) => usage.data?.runs.find((run) => run.id.endsWith(id));
  return (
    <section className="usage" aria-label="Usage">
      {usage.error !== null && <Failure error={usage.error} onRetry={() => void usage.refetch()} />}
      {total !== undefined && (
        <dl className="figures">
          <Figure name="Tokens in" value={count(total.inputTokens)} />
          <Figure name="From cache" value={count(total.cacheReadTokens)} />
          <Figure name="To cache" value={count(total.cacheWriteTokens)} />
          <Figure name="Tokens out" value={count(total.outputTokens)} />
          {usage.data?.cost !== undefined && <Figure name="Cost" value={money(usage.data.cost.rawCostCents)} />}
        </dl>
      )}
      <h2>Runs</h2>
      <div className="wide" tabIndex={0} role="region" aria-label="Runs">
        <table className="list">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">State</th>
              <th scope="col">Model</th>
              <th scope="col">Sandbox</th>
              <th scope="col" className="numeric">
                Took
              </th>
              <th scope="col" className="numeric">
                Tokens
              </th>
              <th scope="col" className="numeric">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {agent.runs.map((run) => {
              const used = ofRun(run.id);
              return (
                <tr key={run.id}>
                  <td>
                    {run.number}
                    {run.mode === "plan" && <span className="tag">plan</span>}
                    {run.attempt > 1 && <span className="faint"> attempt {run.attempt}</span>}
                  </td>
                  <td>
                    <StateMark state={run.state} />
                  </td>
                  <td>{visible(run.model)}</td>
                  <td>{run.isolation !== undefined && visible(run.isolation)}</td>
                  <td className="numeric">{run.startedAt !== undefined && run.endedAt !== undefined ? duration(Date.parse(run.endedAt) - Date.parse(run.startedAt)) : ""}</td>
                  <td className="numeric">{used === undefined ? "" : count(used.usage.totalTokens)}</td>
                  <td className="numeric">{used?.cost === undefined ? "" : money(used.cost.rawCostCents)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <h2>Turns</h2>
      {turns.length === 0 ? <p className="faint">The model was not asked yet.</p> : <TurnChart turns={turns} />}
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
