// Cuts a text that still grows into blocks, so that only its last one is laid out again with each piece that comes.

/** What begins a line that may go on with the block above an empty line, or may once it is whole: lists, quotes and all that is set in. */
const MAY_GO_ON = /^(?:[ \t]|>|[-*+](?=[ \t]|$)|\d{1,9}(?:[.)]|$))/;
const FENCE = /^ {0,3}(`{3,}(?!.*`)|~{3,})/;

/**
 * The blocks of a text; joined they are the text. A block ends with an empty line that is not code and that nothing of the same list
 * or quote can follow. With more text behind it, all but the last one stay as they are.
 */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let [begin, at] = [0, 0];
  let fence: string | undefined;
  let afterEmpty = false;
  for (const line of text.split("\n")) {
    if (afterEmpty && fence === undefined && line.trim() !== "" && !MAY_GO_ON.test(line)) {
      blocks.push(text.slice(begin, at));
      begin = at;
    }
    const mark = FENCE.exec(line)?.[1];
    if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence) === true && line.trim() === mark) fence = undefined;
    afterEmpty = line.trim() === "";
    at += line.length + 1;
  }
  return [...blocks, text.slice(begin)];
}
