// What a tool call is about, in one line, and its arguments as they are worth reading.

import type { ToolItem } from "./item";

export interface CallText {
  /** One line beside the tool's name. */
  title: string;
  /** The whole input. */
  input: string;
}

const TITLE_MOST_CHARS = 160;

export function callText(item: Pick<ToolItem, "arguments">): CallText {
  const given = item.arguments;
  if (typeof given !== "object" || given === null) return text(JSON.stringify(given) ?? "");
  const fields = given as Record<string, unknown>;
  if (typeof fields["command"] === "string") return text(fields["command"]);
  for (const name of ["path", "pattern", "query", "url"]) {
    const value = fields[name];
    if (typeof value === "string") return { title: oneLine(value), input: pretty(fields) };
  }
  return { title: oneLine(JSON.stringify(fields)), input: pretty(fields) };
}

function text(input: string): CallText {
  return { title: oneLine(input), input };
}

/** Names before values, texts as they are: JSON would show a file's content as one line full of `\n`. */
function pretty(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      const shown = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
      return shown.includes("\n") ? `${name}:\n${shown}` : `${name}: ${shown}`;
    })
    .join("\n");
}

function oneLine(input: string): string {
  const lines = input.trim().split("\n");
  const first = (lines[0] ?? "").slice(0, TITLE_MOST_CHARS);
  return lines.length > 1 || first.length < (lines[0] ?? "").length ? `${first} …` : first;
}
