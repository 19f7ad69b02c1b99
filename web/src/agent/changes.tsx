// What an agent changed: all of it, or by one run.

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";

import { api, take } from "../api/client";
import type { Agent } from "../api/types";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import type { Layout } from "../diff/diff-view";

const DiffView = lazy(() => import("../diff/diff-view"));

const ALL = "";
const LAYOUT = "outwork.diff-layout";

function storedLayout(): Layout {
  const stored = localStorage.getItem(LAYOUT);
  if (stored === "split" || stored === "unified") return stored;
  return window.innerWidth >= 1100 ? "split" : "unified";
}

async function readDiff(id: string, runId: string): Promise<string> {
  const text = { parseAs: "text" as const };
  if (runId === ALL) return (await take(api.GET("/api/v1/agents/{id}/diff", { params: { path: { id } }, ...text }))) ?? "";
  return (await take(api.GET("/api/v1/agents/{id}/runs/{runId}/diff", { params: { path: { id, runId } }, ...text }))) ?? "";
}

export function Changes({ agent }: { agent: Agent }): ReactNode {
  const [runId, setRunId] = useState(ALL);
  const [layout, setLayout] = useState(storedLayout);
  const heads = agent.repositories.map((one) => one.head ?? "").join(" ");
  const diff = useQuery({ queryKey: ["diff", agent.id, runId, heads], queryFn: () => readDiff(agent.id, runId), staleTime: Number.POSITIVE_INFINITY });
  const choose = (next: Layout) => {
    localStorage.setItem(LAYOUT, next);
    setLayout(next);
  };
  const runs = agent.runs.filter((run) => run.mode !== "plan");
  return (
    <section className="changes" aria-label="Changes">
      <div className="diff-bar">
        <select aria-label="Which changes" value={runId} onChange={(event) => setRunId(event.target.value)}>
          <option value={ALL}>All changes</option>
          {runs.map((run) => (
            <option key={run.id} value={run.id}>
              Run {run.number}
            </option>
          ))}
        </select>
        <span className="spacer" />
        <div role="group" aria-label="Layout" className="actions">
          {(["unified", "split"] as const).map((each) => (
            <button key={each} type="button" className="chip" aria-pressed={layout === each} onClick={() => choose(each)}>
              {each === "split" ? "Side by side" : "Unified"}
            </button>
          ))}
        </div>
      </div>
      {diff.error !== null && <Failure error={diff.error} onRetry={() => void diff.refetch()} />}
      {diff.isPending && <Spinner label="Loading changes" />}
      {diff.data !== undefined && (
        <Suspense fallback={<Spinner label="Loading changes" />}>
          <DiffView diff={diff.data} layout={layout} />
        </Suspense>
      )}
      {diff.data === "" && agent.repositories.some((one) => one.head === undefined) && <p className="faint">Changes are shown once they are pushed, at the end of a run.</p>}
    </section>
  );
}
