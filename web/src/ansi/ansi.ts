// Terminal output as coloured pieces of text. Colours and weights are kept; everything else that a terminal would obey is dropped.

import Anser from "anser";

export interface Piece {
  text: string;
  /** `ansi-red`, `ansi-bright-blue`: one of sixteen, which the style sheet has for both themes. */
  className: string;
  /** Colours beyond the sixteen, as `r, g, b`. */
  foreground?: string;
  background?: string;
}

// Operating system commands (titles, links, clipboards) with whatever they carry, up to BEL or ST.
const COMMANDS = /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)/g;
// Control sequences but those that end in m, which set colours.
const OTHER_SEQUENCES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*(?:[@-ln-~]|$)/g;
const SHORT_SEQUENCES = /\u001b(?:[ -/]+[0-~]|[0-Z\\-~])/g;
const CONTROLS = /[\u0000-\u0007\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/g;

/** Whether the text has anything that a terminal would obey; most output has nothing. */
export function isPlain(text: string): boolean {
  return !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text);
}

export function pieces(text: string): Piece[] {
  if (isPlain(text)) return text === "" ? [] : [{ text, className: "" }];
  const parsed = Anser.ansiToJson(clean(text), { json: true, remove_empty: true, use_classes: true });
  return parsed.filter((entry) => entry.content !== "").map(pieceOf);
}

/** The text that stays when a terminal has obeyed returns and backspaces; colours are still in it. */
export function clean(text: string): string {
  const kept = text.replace(COMMANDS, "").replace(OTHER_SEQUENCES, "").replace(SHORT_SEQUENCES, "");
  return kept
    .split("\n")
    .map((line) => overwrite(line).replace(CONTROLS, ""))
    .join("\n");
}

/** A progress bar that returns to the start of its line leaves only what it wrote last. */
function overwrite(line: string): string {
  const ended = line.replace(/\r+$/, "");
  const last = ended.lastIndexOf("\r");
  const shown = last < 0 ? ended : ended.slice(last + 1);
  if (!shown.includes("\b")) return shown;
  const kept: string[] = [];
  for (const character of shown) {
    if (character === "\b") kept.pop();
    else kept.push(character);
  }
  return kept.join("");
}

function pieceOf(entry: Anser.AnserJsonEntry): Piece {
  const classes = entry.decorations.map((decoration) => `ansi-${decoration}`);
  const piece: Piece = { text: entry.content, className: "" };
  const foreground = colour(entry.fg, entry.fg_truecolor);
  const background = colour(entry.bg, entry.bg_truecolor);
  if (foreground?.name !== undefined) classes.push(foreground.name);
  if (foreground?.rgb !== undefined) piece.foreground = foreground.rgb;
  if (background?.name !== undefined) classes.push(background.name.replace("ansi-", "ansi-on-"));
  if (background?.rgb !== undefined) piece.background = background.rgb;
  piece.className = classes.join(" ");
  return piece;
}

const RGB = /^\d{1,3}, ?\d{1,3}, ?\d{1,3}$/;

function colour(name: string | null, rgb: string | null): { name?: string; rgb?: string } | undefined {
  if (name === null || name === undefined) return undefined;
  if (name === "ansi-truecolor") return rgb !== null && RGB.test(rgb) ? { rgb } : undefined;
  const indexed = /^ansi-palette-(\d+)$/.exec(name);
  if (indexed !== null) return { rgb: paletteColour(Number(indexed[1])) };
  return { name };
}

/** The colours 16 to 255 of xterm: a cube of 6 by 6 by 6 and a ramp of greys. */
export function paletteColour(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `${grey}, ${grey}, ${grey}`;
  }
  const place = index - 16;
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  return [Math.floor(place / 36), Math.floor(place / 6) % 6, place % 6].map(level).join(", ");
}

/** The last so many characters of an output, and not the rest of a sequence or of a character that begins before them. */
export function lastOf(text: string, most: number): string {
  const from = text.length - most;
  if (from <= 0) return text;
  const escape = text.lastIndexOf("\u001b", from - 1);
  if (escape >= 0) {
    for (const sequence of [/\u001b\[[0-?]*[ -/]*[@-~]/y, /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)/y, /\u001b(?:[ -/]+[0-~]|[0-Z\\-~])/y]) {
      sequence.lastIndex = escape;
      if (sequence.test(text)) return text.slice(Math.max(from, sequence.lastIndex));
    }
  }
  const isHalf = /[\udc00-\udfff]/.test(text.charAt(from));
  return text.slice(isHalf ? from + 1 : from);
}
