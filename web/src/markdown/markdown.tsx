// Markdown once its code is there; until then the text as it is.

import { lazy, Suspense, type ReactNode } from "react";

const Rendered = lazy(() => import("./rendered"));

interface Props {
  text: string;
  streams?: boolean;
}

export function Markdown({ text, streams = false }: Props): ReactNode {
  return (
    <Suspense fallback={<div className="plain-text">{text}</div>}>
      <Rendered text={text} streams={streams} />
    </Suspense>
  );
}
