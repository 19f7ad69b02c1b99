// Sessions whose key is limited to projects: what is of the whole account or server would be refused, so it is not asked for.

import type { ReactNode } from "react";

import { useSession } from "./session";

export function useIsLimited(): boolean {
  return (useSession().data?.projects.length ?? 0) > 0;
}

/** Stands where others find what is of no project. */
export function WhyLimited({ what }: { what: string }): ReactNode {
  return <p className="why-limited faint">The key of this session is limited to projects, so {what}. Sign in with another to do that.</p>;
}
