// A state as a dot and a word: colour never stands alone.

import type { ReactNode } from "react";

import { words } from "../text/states";
import { visible } from "../text/visible";

export function StateMark({ state }: { state: string }): ReactNode {
  const { label, tone, meaning } = words(state);
  return (
    <span className={`state ${tone}`} title={meaning}>
      <span className="dot" aria-hidden="true" />
      {visible(label)}
    </span>
  );
}
