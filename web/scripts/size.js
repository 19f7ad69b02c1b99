// Adds up what a first visit loads, compressed: the document, its script, its styles and what they preload.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST_KB = 250;
const folder = new URL("../dist/", import.meta.url);
const html = readFileSync(new URL("index.html", folder), "utf8");
const names = ["index.html", ...[...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((found) => found[1])];

let total = 0;
for (const name of new Set(names)) {
  const bytes = gzipSync(readFileSync(new URL(name, folder))).length;
  total += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  ${name}`);
}
console.log(`${(total / 1000).toFixed(1).padStart(8)} kB  first load, compressed (at most ${MOST_KB})`);
if (total > MOST_KB * 1000) process.exit(1);
