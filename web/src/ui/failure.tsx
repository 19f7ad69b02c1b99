// What went wrong, and a way on.

import type { ReactNode } from "react";

import { isAbsent, wordsOf } from "../api/error";

interface Props {
  error: unknown;
  onRetry?: (() => void) | undefined;
}

export function Failure({ error, onRetry }: Props): ReactNode {
  const text = isAbsent(error) ? "This server does not offer that: it is older than this page, or the part is switched off." : wordsOf(error);
  return (
    <div role="alert" className="failure">
      <p>{text}</p>
      {onRetry !== undefined && !isAbsent(error) && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
