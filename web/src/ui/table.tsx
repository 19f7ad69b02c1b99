// A table as the page has them: what its columns are called, and what stands in them.

import type { Key, ReactNode } from "react";

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the right; so does what can be done with a row, below a head that is only read out. */
  kind?: "text" | "numeric" | "actions";
}

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => Key;
  /** Rows that are over. */
  isFaint?: ((row: Row) => boolean) | undefined;
}

export function Table<Row>({ label, columns, rows, keyOf, isFaint }: Props<Row>): ReactNode {
  return (
    <div className="wide" tabIndex={0} role="region" aria-label={label}>
      <table className="list">
        <thead>
          <tr>
            {columns.map(({ head, kind }) => (
              <th key={head} scope="col" className={kind === "numeric" ? "numeric" : undefined}>
                {kind === "actions" ? <span className="off-screen">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className={isFaint?.(row) === true ? "faint" : undefined}>
              {columns.map(({ head, kind = "text", cell }) => (
                <td key={head} className={kind === "text" ? undefined : "numeric"}>
                  {kind === "actions" ? <span className="actions">{cell(row)}</span> : cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
