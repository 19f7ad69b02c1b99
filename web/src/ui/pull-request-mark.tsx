// What became of a pull request, as a word in a frame.

import type { ReactNode } from "react";

import { visible } from "../text/visible";

interface Props {
  /** `open`, `merged` or `closed`, as far as it is known. */
  state: string | undefined;
  /** What is said instead of the state's own word. */
  word?: string | undefined;
}

export function PullRequestMark({ state, word }: Props): ReactNode {
  return <span className={`tag pull-request-state ${state ?? "unknown"}`}>{visible(word ?? state ?? "pull request")}</span>;
}
