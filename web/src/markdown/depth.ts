// How deep a text is nested, and what it costs to find out. Layers of quotes in quotes take a page's stack and time, and show nothing.

/** A node of a text's tree, whatever it is. */
interface Node {
  type: string;
  children?: readonly Node[];
}

/** Deeper than people write, and far from what breaks a browser. */
export const DEPTH_MOST = 100;

/** Refuses a tree that is deeper, as a step of Markdown's way to elements. Looked at layer by layer, since it may be too deep to go down into. */
export function refuseDepth(): (tree: Node) => void {
  return (tree) => {
    let layer: readonly Node[] = [tree];
    for (let depth = 0; layer.length > 0; depth += 1) {
      if (depth > DEPTH_MOST) throw new Error(`nested deeper than ${DEPTH_MOST} layers`);
      layer = layer.flatMap((node) => node.children ?? []);
    }
  };
}

/** Of quotes and lists that open in one line; the parser's time grows with the square of their number, or worse. */
const OPENED_MOST = 30;
/** Of marks of emphasis in one paragraph, for the same reason. */
const MARKS_MOST = 2000;

/** Whether a text would keep the parser for longer than a reader waits; such a one is made to do that. */
export function isCostly(text: string): boolean {
  let marks = 0;
  for (const line of text.split("\n")) {
    const opened = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*/.exec(line)?.[0] ?? "";
    if (opened.replace(/[ \t\d]/g, "").length > OPENED_MOST) return true;
    // A paragraph ends with an empty line. Marks inside of words open and close nothing, and a row of them is tried at its begin only.
    marks = line.trim() === "" ? 0 : marks + (line.match(/(?:^|\s)[*_]+|(?<![*_])[*_]+(?:\s|$)/g)?.length ?? 0);
    if (marks > MARKS_MOST) return true;
  }
  return false;
}
