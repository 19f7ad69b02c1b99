import { expect, test } from "vitest";

import { parseDiff, unquote } from "./parse";
import { sideBySide } from "./sides";

const DIFF = `diff --git a/src/a.ts b/src/a.ts
index 1..2 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,3 +1,4 @@ function a()
 one
-two
+zwei
+drei
 four
\\ No newline at end of file
diff --git a/new file.txt b/new file.txt
new file mode 100644
index 0..1
--- /dev/null
+++ b/new file.txt\t
@@ -0,0 +1 @@
+hello
diff --git a/old.png b/neu.png
similarity index 90%
rename from old.png
rename to neu.png
Binary files a/old.png and b/neu.png differ
`;

test("files, hunks and lines have their numbers", () => {
  const [first, second, third] = parseDiff(DIFF);
  expect(first).toMatchObject({ path: "src/a.ts", change: "modified", insertions: 2, deletions: 1 });
  expect(first?.hunks[0]).toMatchObject({ context: "function a()" });
  expect(first?.hunks[0]?.lines).toEqual([
    { kind: "same", text: "one", oldNumber: 1, newNumber: 1 },
    { kind: "removed", text: "two", oldNumber: 2 },
    { kind: "added", text: "zwei", newNumber: 2 },
    { kind: "added", text: "drei", newNumber: 3 },
    { kind: "same", text: "four", oldNumber: 3, newNumber: 4, noNewline: true },
  ]);
  expect(second).toMatchObject({ path: "new file.txt", change: "added", insertions: 1 });
  expect(third).toMatchObject({ path: "neu.png", oldPath: "old.png", change: "renamed", isBinary: true });
});

test("content that looks like a head is content", () => {
  const text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a/y\n+++ b/y\n diff --git a/z b/z\n";
  const files = parseDiff(text);
  expect(files).toHaveLength(1);
  expect(files[0]?.hunks[0]?.lines.map((line) => line.text)).toEqual(["-- a/y", "++ b/y", "diff --git a/z b/z"]);
});

test("each repository's files are told apart", () => {
  const one = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
  const files = parseDiff(`repository left: https://a/b\n${one}repository right: https://a/c\n${one}`);
  expect(files.map((file) => file.key)).toEqual(["left/x", "right/x"]);
});

test("names that git quoted are read", () => {
  expect(unquote('"\\303\\244 \\"x\\"\\t"')).toBe('ä "x"\t');
  expect(parseDiff('diff --git "a/\\342\\200\\256.js" "b/\\342\\200\\256.js"\nold mode 100644\nnew mode 100755\n')[0]).toMatchObject({
    path: "\u202e.js",
    modes: ["100644", "100755"],
  });
});

test("what is no diff has no files, and an empty one neither", () => {
  expect(parseDiff("")).toEqual([]);
  expect(parseDiff("hello\n@@ -1 +1 @@\n")).toEqual([]);
});

test("side by side, what was removed stands beside what replaces it", () => {
  const lines = parseDiff(DIFF)[0]?.hunks[0]?.lines ?? [];
  expect(sideBySide(lines).map(({ left, right }) => [left?.text, right?.text])).toEqual([
    ["one", "one"],
    ["two", "zwei"],
    [undefined, "drei"],
    ["four", "four"],
  ]);
});

test("a file that became a link is two blocks of one path, each with a key of its own", () => {
  const diff = "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-text\ndiff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n\\ No newline at end of file\n";
  const files = parseDiff(diff);
  expect(files.map((file) => [file.path, file.change])).toEqual([["x", "deleted"], ["x", "added"]]);
  expect(new Set(files.map((file) => file.key)).size).toBe(2);
});
