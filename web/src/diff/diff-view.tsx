// A diff: one folded part a file, unified or side by side. Loaded when first needed.

import { useMemo, useState, type ReactNode } from "react";

import { plural } from "../text/format";
import { visible } from "../text/visible";
import { FileView } from "./file-view";
import { parseDiff, type FileDiff } from "./parse";

export type Layout = "unified" | "split";

interface Props {
  diff: string;
  layout: Layout;
}

/** How much is open at first: what people read at one go. */
const OPEN_LINES = 1500;
const OPEN_FILES = 30;

export default function DiffView({ diff, layout }: Props): ReactNode {
  const files = useMemo(() => parseDiff(diff), [diff]);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  if (files.length === 0) return <p className="empty">Nothing differs.</p>;
  const openAtFirst = openOnes(files);
  const turn = (key: string) =>
    setTurned((old) => {
      const next = new Set(old);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  return (
    <div className="diff">
      <p className="diff-sum">
        {plural(files.length, "file")} changed <Counts files={files} />
      </p>
      {files.length > 1 && (
        <nav aria-label="Changed files" className="diff-files">
          <ul>
            {files.map((file, place) => (
              <li key={file.key}>
                <a href={`#file-${place}`}>
                  <bdi>{visible(file.path)}</bdi>
                </a>{" "}
                <Counts files={[file]} />
              </li>
            ))}
          </ul>
        </nav>
      )}
      {files.map((file, place) => (
        <FileView
          key={file.key}
          id={`file-${place}`}
          file={file}
          layout={layout}
          open={openAtFirst.has(file.key) !== turned.has(file.key)}
          onToggle={() => turn(file.key)}
        />
      ))}
    </div>
  );
}

function openOnes(files: readonly FileDiff[]): ReadonlySet<string> {
  const open = new Set<string>();
  let lines = 0;
  for (const file of files) {
    lines += file.insertions + file.deletions;
    if (lines > OPEN_LINES || open.size >= OPEN_FILES) break;
    open.add(file.key);
  }
  return open;
}

function Counts({ files }: { files: readonly FileDiff[] }): ReactNode {
  const insertions = files.reduce((sum, file) => sum + file.insertions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return (
    <span className="counts">
      <span className="plus">+{insertions}</span> <span className="minus">−{deletions}</span>
    </span>
  );
}
