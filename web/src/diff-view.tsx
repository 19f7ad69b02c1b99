// A unified diff, one folded part a file, coloured by line.

import type { ReactNode } from "react";

export interface FileDiff {
  name: string;
  lines: string[];
  insertions: number;
  deletions: number;
}

/** Takes the text of `git diff` apart into files. */
export function filesOf(diff: string): FileDiff[] {
  const files: FileDiff[] = [];
  for (const line of diff.split("\n")) {
    const start = /^diff --git (?:"?a\/.*"? )"?b\/(.*?)"?$/.exec(line);
    if (start !== null) {
      files.push({ name: start[1] ?? "", lines: [], insertions: 0, deletions: 0 });
      continue;
    }
    const file = files.at(-1);
    if (file === undefined) continue;
    file.lines.push(line);
    const kind = kindOf(line);
    if (kind === "added") file.insertions += 1;
    if (kind === "removed") file.deletions += 1;
  }
  return files;
}

export function DiffView({ diff }: { diff: string }): ReactNode {
  const files = filesOf(diff);
  if (files.length === 0) return <p className="faint">Nothing differs from the base.</p>;
  return (
    <section className="diff">
      {files.map((file) => (
        <details key={file.name} className="card" open={files.length <= 10}>
          <summary>
            {file.name} <span className="faint">+{file.insertions} −{file.deletions}</span>
          </summary>
          <pre>
            {file.lines.map((line, at) => (
              <span key={at} className={kindOf(line)}>
                {`${line}\n`}
              </span>
            ))}
          </pre>
        </details>
      ))}
    </section>
  );
}

function kindOf(line: string): string {
  if (line.startsWith("+++") || line.startsWith("---")) return "meta";
  if (line.startsWith("@@")) return "hunk";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "same";
}
