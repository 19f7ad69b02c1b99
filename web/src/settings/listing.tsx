// A list of what is set: loading, failed, empty, or there.

import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import type { Key, ReactNode } from "react";

import { useIsReadOnly } from "../session/read-only";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { Table, type Column } from "../ui/table";

export interface Listed<Item> {
  query: UseQueryResult<readonly Item[]>;
  reread: () => Promise<void>;
}

/** A list under its name among what is read, and the way to read it again after a change. */
export function useListed<Item>(name: string, read: () => Promise<readonly Item[]>): Listed<Item> {
  const queries = useQueryClient();
  const query = useQuery({ queryKey: [name], queryFn: read });
  return { query, reread: () => queries.invalidateQueries({ queryKey: [name] }) };
}

interface Props<Item> {
  label: string;
  query: UseQueryResult<readonly Item[]>;
  empty: ReactNode;
  columns: readonly Column<Item>[];
  keyOf: (item: Item) => Key;
  isFaint?: (item: Item) => boolean;
}

export function Listing<Item>({ label, query, empty, columns, keyOf, isFaint }: Props<Item>): ReactNode {
  const isReadOnly = useIsReadOnly();
  if (query.error !== null && query.data === undefined) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Spinner />;
  if (query.data.length === 0) return <p className="empty">{empty}</p>;
  const shown = isReadOnly ? columns.filter(({ kind }) => kind !== "actions") : columns;
  return <Table label={label} columns={shown} rows={query.data} keyOf={keyOf} isFaint={isFaint} />;
}
