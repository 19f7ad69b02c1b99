// What each turn took, as bars: time of the model and the tools, tokens read and written. The table has the same for who does not see them.

import type { ReactNode } from "react";

import { count, duration, plural } from "../text/format";
import { Table, type Column } from "../ui/table";
import type { Turn } from "./transcript/item";

const HEIGHT = 120;
const BAR = 14;
const GAP = 4;
/** Of more turns the last are shown. */
const MOST = 200;

interface Measure {
  title: string;
  /** What stands below, and on top of it. */
  lower: { name: string; of: (turn: Turn) => number };
  upper: { name: string; of: (turn: Turn) => number };
  write: (amount: number) => string;
  greatest: (amount: string) => string;
}

const TIME: Measure = {
  title: "Time of each turn",
  lower: { name: "model", of: (turn) => turn.modelMs ?? 0 },
  upper: { name: "tools", of: (turn) => turn.toolMs },
  write: duration,
  greatest: (amount) => `the longest ${amount}`,
};
const TOKENS: Measure = {
  title: "Tokens of each turn",
  lower: { name: "in", of: (turn) => turn.inputTokens },
  upper: { name: "out", of: (turn) => turn.outputTokens },
  write: count,
  greatest: (amount) => `the most ${amount}`,
};

interface Props {
  turns: readonly Turn[];
  /** The how-manieth run it is, by its id. */
  runNumbers: ReadonlyMap<string, number>;
}

export function TurnChart({ turns, runNumbers }: Props): ReactNode {
  const shown = turns.slice(-MOST);
  const nameOf = (turn: Turn) => `${runNumbers.get(turn.runId) ?? "?"}.${turn.number}`;
  const columns: readonly Column<Turn>[] = [
    { head: "Run and turn", cell: nameOf },
    { head: "Model", kind: "numeric", cell: (turn) => (turn.modelMs === undefined ? "…" : duration(turn.modelMs)) },
    { head: "Tools", kind: "numeric", cell: (turn) => duration(turn.toolMs) },
    { head: "Tokens in", kind: "numeric", cell: (turn) => count(turn.inputTokens) },
    { head: "Tokens out", kind: "numeric", cell: (turn) => count(turn.outputTokens) },
  ];
  const usedTokens = shown.some((turn) => turn.inputTokens + turn.outputTokens > 0);
  return (
    <>
      <div className="charts">
        <Bars measure={TIME} turns={shown} nameOf={nameOf} />
        {usedTokens && <Bars measure={TOKENS} turns={shown} nameOf={nameOf} />}
      </div>
      <details>
        <summary>As a table</summary>
        <Table label="Turns" columns={columns} rows={shown} keyOf={keyOf} />
      </details>
    </>
  );
}

function keyOf(turn: Turn): string {
  return `${turn.runId} ${turn.number}`;
}

interface BarsProps {
  measure: Measure;
  turns: readonly Turn[];
  nameOf: (turn: Turn) => string;
}

function Bars({ measure: { title, lower, upper, write, greatest }, turns, nameOf }: BarsProps): ReactNode {
  const most = Math.max(1, ...turns.map((turn) => lower.of(turn) + upper.of(turn)));
  const height = (amount: number) => (amount / most) * HEIGHT;
  return (
    <figure>
      <div className="chart wide" tabIndex={0} role="region" aria-label={`${title}, as a chart`}>
        <svg width={turns.length * (BAR + GAP)} height={HEIGHT} role="img" aria-label={`${plural(turns.length, "turn")}, ${greatest(write(most))}`}>
          {turns.map((turn, place) => {
            const [below, above] = [height(lower.of(turn)), height(upper.of(turn))];
            const x = place * (BAR + GAP);
            return (
              <g key={keyOf(turn)}>
                <title>{`Turn ${nameOf(turn)}: ${lower.name} ${write(lower.of(turn))}, ${upper.name} ${write(upper.of(turn))}`}</title>
                <rect className="lower" x={x} width={BAR} y={HEIGHT - below} height={Math.max(1, below)} />
                <rect className="upper" x={x} width={BAR} y={HEIGHT - below - above} height={above} />
              </g>
            );
          })}
        </svg>
      </div>
      <figcaption className="legend faint">
        <span className="key lower" aria-hidden="true" /> {lower.name} <span className="key upper" aria-hidden="true" /> {upper.name}; {greatest(write(most))}
      </figcaption>
    </figure>
  );
}
