// A hunk side by side: what was removed beside what was put in its place.

import type { Line } from "./parse";

export interface Pair {
  left: Line | undefined;
  right: Line | undefined;
}

export function sideBySide(lines: readonly Line[]): Pair[] {
  const pairs: Pair[] = [];
  let removed: Line[] = [];
  let added: Line[] = [];
  const flush = () => {
    for (let place = 0; place < Math.max(removed.length, added.length); place += 1) pairs.push({ left: removed[place], right: added[place] });
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === "added") added.push(line);
    else if (line.kind === "removed") {
      // What comes after an addition belongs to the next change.
      if (added.length > 0) flush();
      removed.push(line);
    } else {
      flush();
      pairs.push({ left: line, right: line });
    }
  }
  flush();
  return pairs;
}
