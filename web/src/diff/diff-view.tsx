// A diff: one folded part a file, unified or side by side. Loaded when first needed.

import { useEffect, useMemo, useState, type ReactNode } from "react";

import { plural } from "../text/format";
import { visiblePath } from "../text/visible";
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
/** A longer list of files is closed at first, and has a filter. */
const LISTED_FILES = 50;

export default function DiffView({ diff, layout }: Props): ReactNode {
  const files = useMemo(() => parseDiff(diff), [diff]);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const openAtFirst = useMemo(() => openOnes(files), [files]);
  useEffect(() => {
    // Who comes by a link to a file is there before the file is.
    const place = /^#file-(\d+)$/.exec(location.hash)?.[1];
    const file = place === undefined ? undefined : files[Number(place)];
    if (file === undefined) return;
    if (!openAtFirst.has(file.key)) setTurned(new Set([file.key]));
    document.getElementById(`file-${place}`)?.scrollIntoView();
  }, [files, openAtFirst]);
  if (files.length === 0) return <p className="empty">Nothing differs.</p>;
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
      {files.length > 1 && <FileList files={files} onOpen={(key) => openAtFirst.has(key) === turned.has(key) && turn(key)} />}
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

function FileList({ files, onOpen }: { files: readonly FileDiff[]; onOpen: (key: string) => void }): ReactNode {
  const isLong = files.length > LISTED_FILES;
  const [isOpen, setIsOpen] = useState(!isLong);
  const [filter, setFilter] = useState("");
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const places = files.map((file, place) => ({ file, place })).filter(({ file }) => words.every((word) => file.path.toLowerCase().includes(word)));
  const list = (
    <ul>
      {places.map(({ file, place }) => (
        <li key={file.key}>
          <a href={`#file-${place}`} onClick={() => onOpen(file.key)}>
            <bdi>{visiblePath(file.path)}</bdi>
          </a>{" "}
          <Counts files={[file]} />
        </li>
      ))}
    </ul>
  );
  return (
    <nav aria-label="Changed files" className="diff-files">
      {isLong ? (
        <>
          <button type="button" className="fold" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            List of files
          </button>
          {isOpen && (
            <>
              <input type="search" aria-label="Filter files" placeholder="Filter files" value={filter} onChange={(event) => setFilter(event.target.value)} />
              {places.length === 0 ? <p className="empty">No file matches.</p> : list}
            </>
          )}
        </>
      ) : (
        list
      )}
    </nav>
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
