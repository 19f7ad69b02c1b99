// Markdown once its code is there; until then, and if it cannot be laid out, the text as it is.

import { lazy, Suspense, type ReactNode } from "react";

import { StopOnError } from "../app/stop-on-error";
import { visibleProse } from "../text/visible";

const Rendered = lazy(() => import("./rendered"));

interface Props {
  text: string;
  streams?: boolean;
}

export function Markdown({ text, streams = false }: Props): ReactNode {
  const plain = <div className="plain-text">{visibleProse(text)}</div>;
  // What streams is tried again when it is whole, not with each piece.
  return (
    <StopOnError place={streams ? "streams" : text} instead={plain}>
      <Suspense fallback={plain}>
        <Rendered text={text} streams={streams} />
      </Suspense>
    </StopOnError>
  );
}
