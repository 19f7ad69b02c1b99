// Takes the text of `git diff` apart. Pure; what it does not understand it leaves out rather than guesses.

export interface Line {
  kind: "same" | "added" | "removed";
  text: string;
  /** Its number in the old and in the new file, from 1. */
  oldNumber?: number;
  newNumber?: number;
  /** `\ No newline at end of file` stood behind it. */
  noNewline?: boolean;
}

export interface Hunk {
  /** What git found around it, a function's head for example. */
  context: string;
  oldStart: number;
  newStart: number;
  lines: Line[];
}

export interface FileDiff {
  /** Folder of its repository and path, and which block of that path it is if there are several: unique in a diff. */
  key: string;
  repository: string | undefined;
  path: string;
  oldPath: string;
  change: "modified" | "added" | "deleted" | "renamed" | "copied";
  isBinary: boolean;
  /** Old and new mode, if they differ. */
  modes: readonly [string, string] | undefined;
  hunks: Hunk[];
  insertions: number;
  deletions: number;
}

export function parseDiff(text: string): FileDiff[] {
  const files: FileDiff[] = [];
  const reader: Reader = { files, repository: undefined, file: undefined, hunk: undefined, oldLeft: 0, newLeft: 0, oldNumber: 1, newNumber: 1, oldMode: undefined };
  for (const line of text.split("\n")) readLine(reader, line);
  tellApart(files);
  return files;
}

/** Git writes a change of type, of a file to a link for example, as two blocks with one path. */
function tellApart(files: readonly FileDiff[]): void {
  const counts = new Map<string, number>();
  for (const file of files) {
    const count = (counts.get(file.key) ?? 0) + 1;
    counts.set(file.key, count);
    // No path has a null in it, so no other file is called that.
    if (count > 1) file.key += `\u0000${count}`;
  }
}

interface Reader {
  files: FileDiff[];
  repository: string | undefined;
  file: FileDiff | undefined;
  hunk: Hunk | undefined;
  /** How many lines the hunk still has, so that content that looks like a head is none. */
  oldLeft: number;
  newLeft: number;
  /** The numbers of the next line. */
  oldNumber: number;
  newNumber: number;
  oldMode: string | undefined;
}

function readLine(reader: Reader, line: string): void {
  if (reader.hunk !== undefined && (reader.oldLeft > 0 || reader.newLeft > 0)) return readContent(reader, reader.hunk, line);
  if (line.startsWith("\\")) return markLast(reader);
  const repository = /^repository (.+?): (.+)$/.exec(line);
  if (repository !== null) {
    reader.repository = repository[1];
    reader.file = undefined;
    return;
  }
  if (line.startsWith("diff --git ")) return startFile(reader, line);
  if (reader.file !== undefined) readHead(reader, reader.file, line);
}

function startFile(reader: Reader, line: string): void {
  const [oldPath, path] = pathsOf(line.slice("diff --git ".length));
  reader.hunk = undefined;
  reader.file = {
    key: `${reader.repository ?? ""}/${path}`,
    repository: reader.repository,
    path,
    oldPath,
    change: "modified",
    isBinary: false,
    modes: undefined,
    hunks: [],
    insertions: 0,
    deletions: 0,
  };
  reader.files.push(reader.file);
}

function readHead(reader: Reader, file: FileDiff, line: string): void {
  const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/.exec(line);
  if (hunk !== null) {
    reader.oldLeft = Number(hunk[2] ?? 1);
    reader.newLeft = Number(hunk[4] ?? 1);
    reader.oldNumber = Number(hunk[1]);
    reader.newNumber = Number(hunk[3]);
    reader.hunk = { context: hunk[5] ?? "", oldStart: reader.oldNumber, newStart: reader.newNumber, lines: [] };
    file.hunks.push(reader.hunk);
    return;
  }
  if (line.startsWith("new file mode")) file.change = "added";
  else if (line.startsWith("deleted file mode")) file.change = "deleted";
  else if (line.startsWith("rename to ")) setPath(reader, file, "renamed", line.slice("rename to ".length));
  else if (line.startsWith("copy to ")) setPath(reader, file, "copied", line.slice("copy to ".length));
  else if (line.startsWith("rename from ") || line.startsWith("copy from ")) file.oldPath = unquote(line.replace(/^\w+ from /, ""));
  else if (line.startsWith("old mode ")) reader.oldMode = line.slice("old mode ".length);
  else if (line.startsWith("new mode ")) file.modes = [reader.oldMode ?? "", line.slice("new mode ".length)];
  else if (line.startsWith("Binary files ") || line === "GIT binary patch") file.isBinary = true;
  else if (line.startsWith("+++ ") && line !== "+++ /dev/null") setPath(reader, file, file.change, withoutSide(line.slice(4)));
}

function setPath(reader: Reader, file: FileDiff, change: FileDiff["change"], path: string): void {
  file.change = change;
  file.path = unquote(path);
  file.key = `${reader.repository ?? ""}/${file.path}`;
}

function readContent(reader: Reader, hunk: Hunk, line: string): void {
  const mark = line[0];
  const text = line.slice(1);
  const file = reader.file;
  const last = hunk.lines.at(-1);
  const { oldNumber, newNumber } = reader;
  if (mark === "\\") {
    if (last !== undefined) last.noNewline = true;
  } else if (mark === "+") {
    hunk.lines.push({ kind: "added", text, newNumber });
    advance(reader, 0, 1);
    if (file !== undefined) file.insertions += 1;
  } else if (mark === "-") {
    hunk.lines.push({ kind: "removed", text, oldNumber });
    advance(reader, 1, 0);
    if (file !== undefined) file.deletions += 1;
  } else {
    hunk.lines.push({ kind: "same", text, oldNumber, newNumber });
    advance(reader, 1, 1);
  }
}

function advance(reader: Reader, gone: number, more: number): void {
  reader.oldLeft -= gone;
  reader.newLeft -= more;
  reader.oldNumber += gone;
  reader.newNumber += more;
}

function markLast(reader: Reader): void {
  const last = reader.hunk?.lines.at(-1);
  if (last !== undefined) last.noNewline = true;
}

/** `a/old b/new`, either of them quoted; unquoted names with spaces are told apart by being the same. */
function pathsOf(head: string): [string, string] {
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*")$/.exec(head) ?? /^("(?:[^"\\]|\\.)*") (.+)$/.exec(head);
  if (quoted !== null) return [withoutSide(quoted[1] ?? ""), withoutSide(quoted[2] ?? "")];
  const half = (head.length - 1) / 2;
  if (Number.isInteger(half) && head.slice(2, half) === head.slice(half + 3)) return [head.slice(2, half), head.slice(half + 3)];
  const place = head.indexOf(" b/");
  return place < 0 ? [withoutSide(head), withoutSide(head)] : [withoutSide(head.slice(0, place)), head.slice(place + 3)];
}

/** Without `a/` or `b/`, and without the tab that git puts behind a name with spaces. */
function withoutSide(name: string): string {
  return unquote(name.replace(/\t$/, "")).replace(/^[ab]\//, "");
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\u0007", b: "\b", f: "\f", v: "\v", '"': '"', "\\": "\\" };

/** A name that git quoted as C does, in octal bytes of UTF-8. */
export function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"') || name.length < 2) return name;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [part, octal, escape] of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|[^\\]/gsu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...encoder.encode(escape === undefined ? part : (ESCAPES[escape] ?? escape)));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
