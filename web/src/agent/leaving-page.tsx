// An agent whose deletion can still be taken back.

import type { ReactNode } from "react";

import type { TakeBack } from "../ui/toasts";

export function LeavingPage({ onUndo }: { onUndo: TakeBack }): ReactNode {
  return (
    <div className="empty">
      <h1>The agent is about to be deleted</h1>
      <button type="button" onClick={onUndo}>
        Keep it
      </button>
    </div>
  );
}
