// How a file may be looked at, by the ending of its name.

import { entry } from "../text/entry";

const IMAGES: Record<string, string> = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp" };

// An SVG could hold scripts if somebody opened it by itself, so it is text here.
const TEXTS = new Set([
  "txt", "log", "md", "json", "jsonl", "csv", "tsv", "yaml", "yml", "toml", "ini", "xml", "html", "htm", "svg", "css", "js", "mjs", "ts", "tsx", "jsx",
  "rs", "py", "go", "rb", "java", "c", "h", "cpp", "sh", "sql", "diff", "patch", "out", "err", "env", "lock",
]);

export type Kind = "text" | "other" | `image/${string}`;

export function kindOf(name: string): Kind {
  const file = name.split("/").at(-1) ?? "";
  const ending = (file.includes(".") ? file.split(".").at(-1) : "")?.toLowerCase() ?? "";
  const image = entry(IMAGES, ending);
  if (image !== undefined) return image as Kind;
  return TEXTS.has(ending) ? "text" : "other";
}
