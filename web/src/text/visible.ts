// Characters that nobody sees but that change what a line looks like or means, made visible.

// Controls but tab and newline, and whatever a browser draws as nothing: direction marks, zero-width characters, fillers that are letters to a
// compiler, variation selectors, tags; and the line ends and marks that other programs act on.
const HIDDEN = String.raw`(?![\t\n])[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]`;
// A picture keeps its own joiners and selectors: one glyph, in which nothing can be said.
const PICTURE = String.raw`(?:\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?(?:\u200d\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)*|[0-9#*]\ufe0f\u20e3)`;
const IN_NAMES = new RegExp(`(${PICTURE})|${HIDDEN}`, "gu");
// Braille without a dot is drawn as nothing too, but terminals' charts are made of it.
const IN_CODE = new RegExp(String.raw`${HIDDEN}|\u2800`, "gu");

/** A name, a sentence or a terminal's output, in which nothing hides: `‮` becomes `⟨U+202E⟩`. */
export function visible(text: string): string {
  return text.replace(IN_NAMES, (found: string, picture: string | undefined) => picture ?? marked(found));
}

/** Prose of several lines; line ends of other systems are line ends. */
export function visibleProse(text: string): string {
  return visible(text.replace(/\r\n?/g, "\n"));
}

/** A file's name or path: nothing hides in it, and it is one line. */
export function visiblePath(text: string): string {
  return visibleCode(text).replace(/[\t\n]/g, marked);
}

/** A line of code, which is read before it is merged: pictures have no privilege there. */
export function visibleCode(text: string): string {
  return text.replace(IN_CODE, marked);
}

function marked(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** The last part of a repository's address that tells it apart: `acme/tools`, or a folder's name. */
export function shortRepository(address: string): string {
  const path = address.replace(/^[a-z+]+:\/\/[^/]*\//i, "").replace(/^[^@\s]+@[^:]+:/, "").replace(/\.git$/, "").replace(/\/+$/, "");
  const parts = path.split("/").filter((part) => part !== "");
  const kept = address.startsWith("file:") ? parts.slice(-1) : parts.slice(-2);
  return visible(kept.join("/") || address);
}
