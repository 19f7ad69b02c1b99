// Time of each turn as bars: the model's below, the tools' above. The table beside it has the same for who does not see it.

import type { ReactNode } from "react";

import { count, duration } from "../text/format";
import type { Turn } from "./transcript/item";

const HEIGHT = 120;
const BAR = 14;
const GAP = 4;
/** Of more turns the last are shown. */
const MOST = 200;

export function TurnChart({ turns }: { turns: readonly Turn[] }): ReactNode {
  const shown = turns.slice(-MOST);
  const longest = Math.max(1, ...shown.map((turn) => (turn.modelMs ?? 0) + turn.toolMs));
  const height = (millis: number) => (millis / longest) * HEIGHT;
  return (
    <>
      <div className="chart wide" tabIndex={0} role="region" aria-label="Time of each turn, as a chart">
        <svg width={shown.length * (BAR + GAP)} height={HEIGHT} role="img" aria-label={`${shown.length} turns, the longest ${duration(longest)}`}>
          {shown.map((turn, place) => {
            const model = height(turn.modelMs ?? 0);
            const tools = height(turn.toolMs);
            const x = place * (BAR + GAP);
            return (
              <g key={`${turn.runId} ${turn.number}`}>
                <title>{`Turn ${turn.number}: model ${turn.modelMs === undefined ? "…" : duration(turn.modelMs)}, tools ${duration(turn.toolMs)}`}</title>
                <rect className="model" x={x} width={BAR} y={HEIGHT - model} height={Math.max(1, model)} />
                <rect className="tools" x={x} width={BAR} y={HEIGHT - model - tools} height={tools} />
              </g>
            );
          })}
        </svg>
      </div>
      <p className="legend faint">
        <span className="key model" aria-hidden="true" /> model <span className="key tools" aria-hidden="true" /> tools; the longest turn took {duration(longest)}
      </p>
      <details>
        <summary>As a table</summary>
        <table className="list">
          <thead>
            <tr>
              <th scope="col">Turn</th>
              <th scope="col" className="numeric">
                Model
              </th>
              <th scope="col" className="numeric">
                Tools
              </th>
              <th scope="col" className="numeric">
                Tokens in
              </th>
              <th scope="col" className="numeric">
                Tokens out
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((turn) => (
              <tr key={`${turn.runId} ${turn.number}`}>
                <td>{turn.number}</td>
                <td className="numeric">{turn.modelMs === undefined ? "…" : duration(turn.modelMs)}</td>
                <td className="numeric">{duration(turn.toolMs)}</td>
                <td className="numeric">{count(turn.inputTokens)}</td>
                <td className="numeric">{count(turn.outputTokens)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
