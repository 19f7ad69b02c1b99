// The prompts whose turn has not come, below what was said so far. One is gone as soon as its run has begun: then it is a row of the transcript.

import { memo, type ReactNode } from "react";

import type { Run } from "../../api/types";
import { Markdown } from "../../markdown/markdown";
import { moment } from "../../text/format";
import { isFinal } from "../../text/states";
import type { Transcript } from "./read";

/** A run whose prompt waits. */
export type WaitingRun = Run & { prompt: string };

/** The runs that wait, by what the server said last; of those that began since the transcript knows first. */
export function waitingRuns(runs: readonly Run[], runsBeganAt: Transcript["runsBeganAt"]): WaitingRun[] {
  return runs.filter((run): run is WaitingRun => run.prompt !== undefined && !isFinal(run.state) && !runsBeganAt.has(run.id));
}

export const WaitingPrompts = memo(function WaitingPrompts({ runs }: { runs: readonly WaitingRun[] }): ReactNode {
  if (runs.length === 0) return null;
  return (
    <ul className="waiting-prompts" aria-label="Waiting prompts">
      {runs.map((run) => (
        <li key={run.id} className="prompt waiting">
          <p className="who">
            <strong>Waiting</strong>
            <time dateTime={run.createdAt}>{moment(run.createdAt)}</time>
            {run.mode === "plan" && <span className="tag">only a plan</span>}
          </p>
          <Markdown text={run.prompt} />
        </li>
      ))}
    </ul>
  );
});
