// What an agent used: tokens and cost by run, and how long each turn took.

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { api, take } from "../api/client";
import type { Agent, Run } from "../api/types";
import { count, duration, money } from "../text/format";
import { visible } from "../text/visible";
import { Failure } from "../ui/failure";
import { StateMark } from "../ui/state-mark";
import { Table, type Column } from "../ui/table";
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
  const columns: readonly Column<Run>[] = [
    {
      head: "Run",
      cell: (run) => (
        <>
          {run.number} {run.mode === "plan" && <span className="tag">plan</span>} {run.attempt > 1 && <span className="faint">attempt {run.attempt}</span>}
        </>
      ),
    },
    { head: "State", cell: (run) => <StateMark state={run.state} /> },
    { head: "Model", cell: (run) => visible(run.model) },
    { head: "Sandbox", cell: (run) => run.isolation !== undefined && visible(run.isolation) },
    { head: "Took", kind: "numeric", cell: took },
    { head: "Tokens", kind: "numeric", cell: (run) => amount(ofRun(run.id)?.usage.totalTokens, count) },
    { head: "Cost", kind: "numeric", cell: (run) => amount(ofRun(run.id)?.cost?.rawCostCents, money) },
  ];
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
      <Table label="Runs" columns={columns} rows={agent.runs} keyOf={(run) => run.id} />
      <h2>Turns</h2>
      {turns.length === 0 ? <p className="faint">The model was not asked yet.</p> : <TurnChart turns={turns} runNumbers={new Map(agent.runs.map((run) => [run.id, run.number]))} />}
    </section>
  );
}

function took({ startedAt, endedAt }: Run): string {
  return startedAt === undefined || endedAt === undefined ? "" : duration(Date.parse(endedAt) - Date.parse(startedAt));
}

function amount(known: number | undefined, write: (known: number) => string): string {
  return known === undefined ? "" : write(known);
}

function Figure({ name, value }: { name: string; value: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
