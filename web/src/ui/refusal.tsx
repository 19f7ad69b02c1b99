// Why what somebody asked for was not done, beside the button that asked.

import type { ReactNode } from "react";

import { wordsOf } from "../api/error";

export function Refusal({ error }: { error: unknown }): ReactNode {
  if (error === null || error === undefined) return null;
  return (
    <p role="alert" className="bad">
      {wordsOf(error)}
    </p>
  );
}
