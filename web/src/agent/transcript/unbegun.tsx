// A run that ended before it began: nobody did what its prompt asked for, and its text can be used again.

import { useContext, type ReactNode } from "react";

import { Markdown } from "../../markdown/markdown";
import { useDraft } from "../../prompt/draft";
import { moment } from "../../text/format";
import { AgentId } from "./agent-id";
import { AgentRuns } from "./agent-runs";
import type { UnbegunItem } from "./item";
import { Reason } from "./reason";

/** The server says no more of a prompt, in characters as it counts them. */
const SAID_MAX = 20_000;

export function Unbegun({ item }: { item: UnbegunItem }): ReactNode {
  const run = useContext(AgentRuns).find(({ id }) => id === item.runId);
  const prompt = run?.prompt;
  return (
    <div className="prompt waiting">
      <p className="who">
        <strong>Not carried out</strong>
        {run !== undefined && <time dateTime={run.createdAt}>{moment(run.createdAt)}</time>}
        {run?.mode === "plan" && <span className="tag">only a plan</span>}
        {prompt !== undefined && <UseAgain prompt={prompt} />}
      </p>
      <Reason cause={item.cause} message={item.message} />
      {prompt !== undefined && <Markdown text={prompt} />}
    </div>
  );
}

/** What somebody is writing is never replaced. */
function UseAgain({ prompt }: { prompt: string }): ReactNode {
  const [draft, store] = useDraft(useContext(AgentId));
  const isCut = [...prompt].length >= SAID_MAX;
  return (
    <button type="button" className="quiet" disabled={draft.text !== ""} title={draft.text === "" ? undefined : "The follow-up box is not empty"} onClick={() => store.change({ text: prompt })}>
      {isCut ? "Use its beginning again" : "Use again"}
    </button>
  );
}
