// One file of a diff.

import { useMemo, useState, type ReactNode } from "react";

import { visibleCode, visiblePath } from "../text/visible";
import { highlight, languageOf, type Token } from "./highlight";
import type { FileDiff, Hunk, Line } from "./parse";
import { sideBySide } from "./sides";
import type { Layout } from "./diff-view";

interface Props {
  id: string;
  file: FileDiff;
  layout: Layout;
  open: boolean;
  onToggle: () => void;
}

/** A table of more rows than that is shown by pieces. */
const ROWS_AT_ONCE = 1000;
/** Of a longer line the begin is shown at first, and the whole of it in a box of its own. */
const LINE_MOST_CHARS = 2000;

const CHANGES: Record<FileDiff["change"], string> = {
  modified: "",
  added: "new",
  deleted: "deleted",
  renamed: "renamed",
  copied: "copied",
};

export function FileView({ id, file, layout, open, onToggle }: Props): ReactNode {
  const moved = file.change === "renamed" || file.change === "copied";
  return (
    <section className="file" id={id} aria-label={visiblePath(file.path)}>
      <h2>
        <button type="button" className="fold" aria-expanded={open} onClick={onToggle}>
          <span className="file-name">
            {file.repository !== undefined && <span className="faint">{visiblePath(file.repository)}: </span>}
            {moved && <span className="faint">{visiblePath(file.oldPath)} → </span>}
            <bdi>{visiblePath(file.path)}</bdi>
          </span>
          {CHANGES[file.change] !== "" && <span className="tag">{CHANGES[file.change]}</span>}
          {file.modes !== undefined && (
            <span className="tag">
              mode {visibleCode(file.modes[0])} → {visibleCode(file.modes[1])}
            </span>
          )}
          <span className="counts">
            <span className="plus">+{file.insertions}</span> <span className="minus">−{file.deletions}</span>
          </span>
        </button>
      </h2>
      {open && <Body file={file} layout={layout} />}
    </section>
  );
}

function Body({ file, layout }: { file: FileDiff; layout: Layout }): ReactNode {
  const [most, setMost] = useState(ROWS_AT_ONCE);
  if (file.isBinary) return <p className="empty">A binary file.</p>;
  if (file.hunks.length === 0) return <p className="empty">{file.change === "added" || file.change === "deleted" ? "Empty file." : "Its content is the same."}</p>;
  const total = file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  const language = languageOf(file.path);
  let left = most;
  return (
    <>
      <div className="wide" tabIndex={0} role="region" aria-label={`Changes in ${visiblePath(file.path)}`}>
        <table className={`code ${layout}`}>
          <colgroup>
            <col className="number" />
            <col className={layout === "split" ? "content" : "number"} />
            {layout === "split" && <col className="number" />}
            <col className="content" />
          </colgroup>
          {file.hunks.map((hunk, place) => {
            const shown = hunk.lines.slice(0, Math.max(0, left));
            left -= hunk.lines.length;
            return shown.length > 0 && <HunkRows key={place} hunk={hunk} lines={shown} language={language} layout={layout} />;
          })}
        </table>
      </div>
      {total > most && (
        <button type="button" className="quiet more" onClick={() => setMost(most + 10 * ROWS_AT_ONCE)}>
          Show more of its {total} lines
        </button>
      )}
    </>
  );
}

interface HunkProps {
  hunk: Hunk;
  lines: readonly Line[];
  language: string | undefined;
  layout: Layout;
}

function HunkRows({ hunk, lines, language, layout }: HunkProps): ReactNode {
  const colours = useMemo(() => coloursOf(lines, language), [lines.length, hunk, language]);
  const span = layout === "split" ? 4 : 3;
  return (
    <tbody>
      <tr className="hunk">
        <td colSpan={span}>
          <span>
            Line {hunk.newStart} {visibleCode(hunk.context)}
          </span>
        </td>
      </tr>
      {layout === "split"
        ? sideBySide(lines).map(({ left, right }, place) => (
            <tr key={place}>
              <Side line={left} number={left?.oldNumber} colours={colours} side="old" />
              <Side line={right} number={right?.newNumber} colours={colours} side="new" />
            </tr>
          ))
        : lines.map((line, place) => (
            <tr key={place} className={line.kind}>
              <td className="number">{line.oldNumber}</td>
              <td className="number">{line.newNumber}</td>
              <Content line={line} tokens={colours.get(line)} />
            </tr>
          ))}
    </tbody>
  );
}

interface SideProps {
  line: Line | undefined;
  number: number | undefined;
  colours: ReadonlyMap<Line, Token[]>;
  side: "old" | "new";
}

function Side({ line, number, colours, side }: SideProps): ReactNode {
  if (line === undefined) return <td colSpan={2} className={`nothing ${side}`} />;
  return (
    <>
      <td className={`number ${line.kind} ${side}`}>{number}</td>
      <Content line={line} tokens={colours.get(line)} />
    </>
  );
}

const MARKS: Record<Line["kind"], string> = { same: " ", added: "+", removed: "−" };

function Content({ line, tokens }: { line: Line; tokens: Token[] | undefined }): ReactNode {
  return (
    <td className={`content ${line.kind}`}>
      <span className="mark">{MARKS[line.kind]}</span>
      {line.text.length > LINE_MOST_CHARS ? (
        <LongLine text={line.text} />
      ) : tokens === undefined ? (
        visibleCode(line.text)
      ) : (
        tokens.map((token, place) => (
            <span key={place} className={token.className}>
              {visibleCode(token.text)}
            </span>
          ))
      )}
      {line.noNewline === true && <span className="faint"> (no newline at the end)</span>}
    </td>
  );
}

function LongLine({ text }: { text: string }): ReactNode {
  const [whole, setWhole] = useState(false);
  if (whole) {
    return (
      <span className="whole-line" tabIndex={0} role="region" aria-label="The whole line">
        {visibleCode(text)}
      </span>
    );
  }
  return (
    <>
      {visibleCode(beginOf(text))}{" "}
      <button type="button" className="quiet" onClick={() => setWhole(true)}>
        Show the whole line, {text.length.toLocaleString("en-US")} characters
      </button>
    </>
  );
}

/** Not half a character at the end. */
function beginOf(text: string): string {
  return text.slice(0, LINE_MOST_CHARS).replace(/[\ud800-\udbff]$/, "");
}

/** Old and new text are coloured each by itself, as each of them is code. */
function coloursOf(lines: readonly Line[], language: string | undefined): ReadonlyMap<Line, Token[]> {
  const colours = new Map<Line, Token[]>();
  for (const gone of ["added", "removed"] as const) {
    const side = lines.filter((line) => line.kind !== gone);
    const tokens = highlight(side.map((line) => line.text), language);
    if (tokens === undefined) continue;
    side.forEach((line, place) => {
      const found = tokens[place];
      if (found !== undefined) colours.set(line, found);
    });
  }
  return colours;
}
