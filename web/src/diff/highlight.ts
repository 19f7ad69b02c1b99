// Colours code: lines as tokens with class names. No markup is made of text on the way.

import { createLowlight } from "lowlight";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import elixir from "highlight.js/lib/languages/elixir";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import lua from "highlight.js/lib/languages/lua";
import makefile from "highlight.js/lib/languages/makefile";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import scala from "highlight.js/lib/languages/scala";
import scss from "highlight.js/lib/languages/scss";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

import { entry } from "../text/entry";

const lowlight = createLowlight({
  bash, c, cpp, csharp, css, dockerfile, elixir, go, ini, java, javascript, json, kotlin, lua, makefile, markdown, php, python, ruby, rust,
  scala, scss, sql, swift, typescript, xml, yaml,
});

const BY_ENDING: Record<string, string> = {
  sh: "bash", bash: "bash", zsh: "bash", c: "c", h: "c", cc: "cpp", cpp: "cpp", hpp: "cpp", cs: "csharp", css: "css", ex: "elixir", exs: "elixir",
  go: "go", toml: "ini", ini: "ini", cfg: "ini", java: "java", js: "javascript", jsx: "javascript", mjs: "javascript", cjs: "javascript",
  json: "json", kt: "kotlin", kts: "kotlin", lua: "lua", mk: "makefile", md: "markdown", mdx: "markdown", php: "php", py: "python", pyi: "python",
  rb: "ruby", rs: "rust", scala: "scala", scss: "scss", sql: "sql", swift: "swift", ts: "typescript", tsx: "typescript", mts: "typescript",
  html: "xml", xml: "xml", svg: "xml", vue: "xml", yml: "yaml", yaml: "yaml",
};
const BY_NAME: Record<string, string> = { Dockerfile: "dockerfile", Makefile: "makefile", GNUmakefile: "makefile" };

/** Beyond these a text stays plain: a minified file would hold the page up. */
const MOST_CHARS = 200_000;
const LINE_MOST_CHARS = 2_000;

export interface Token {
  text: string;
  className: string;
}

export function languageOf(path: string): string | undefined {
  const name = path.split("/").at(-1) ?? "";
  const ending = name.includes(".") ? (name.split(".").at(-1) ?? "").toLowerCase() : "";
  const found = entry(BY_NAME, name);
  return found ?? entry(BY_ENDING, ending);
}

/** The tokens of each line, or nothing where there is nothing to colour. */
export function highlight(lines: readonly string[], language: string | undefined): Token[][] | undefined {
  if (language === undefined) return undefined;
  const text = lines.join("\n");
  if (text.length > MOST_CHARS || lines.some((line) => line.length > LINE_MOST_CHARS)) return undefined;
  const found: Token[][] = [[]];
  spread(lowlight.highlight(language, text).children as Node[], "", found);
  return found;
}

interface Node {
  type: string;
  value?: string;
  properties?: { className?: string[] };
  children?: Node[];
}

/** Flattens the tree: a token has all class names around it, and a token over two lines becomes two. */
function spread(nodes: readonly Node[], className: string, found: Token[][]): void {
  for (const node of nodes) {
    if (node.type === "text") {
      const [first = "", ...rest] = (node.value ?? "").split("\n");
      if (first !== "") found.at(-1)?.push({ text: first, className });
      for (const line of rest) found.push(line === "" ? [] : [{ text: line, className }]);
    } else {
      const own = node.properties?.className?.join(" ") ?? "";
      spread(node.children ?? [], className === "" ? own : `${className} ${own}`, found);
    }
  }
}
