// A list that is loading, failed, empty, or there.

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";

interface Props<Item> {
  query: UseQueryResult<readonly Item[]>;
  empty: ReactNode;
  children: (items: readonly Item[]) => ReactNode;
}

export function Listing<Item>({ query, empty, children }: Props<Item>): ReactNode {
  if (query.error !== null && query.data === undefined) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Spinner />;
  if (query.data.length === 0) return <p className="empty">{empty}</p>;
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="List">
      {children(query.data)}
    </div>
  );
}
