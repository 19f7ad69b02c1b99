// Sessions whose key may only read: what would be refused is not offered, and the page says why.

import type { ReactNode } from "react";

import { useSession } from "./session";

export function useIsReadOnly(): boolean {
  return useSession().data?.scope === "read";
}

/** Stands where others find what changes something. */
export function WhyReadOnly({ what }: { what: string }): ReactNode {
  return <p className="why-read-only faint">The key of this session may only read, so {what}. Sign in with another to do that.</p>;
}
