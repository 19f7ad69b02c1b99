import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import { whyNot } from "../prompt/images";
import { bodyOf, curlLine, EMPTY_WISH, launchLine, quote } from "./wish";

const WISH = { ...EMPTY_WISH, repositories: [{ url: " https://a/b ", ref: "main" }, { url: "", ref: "" }], model: "m", branch: "x", pullRequest: "draft", plan: true } as const;

test("the body has what was filled in", () => {
  expect(bodyOf(WISH, "Do it", [])).toEqual({
    prompt: { text: "Do it" },
    model: { id: "m" },
    repos: [{ url: "https://a/b", startingRef: "main" }],
    branchName: "x",
    autoCreatePR: true,
    draftPR: true,
    mode: "plan",
  });
  expect(bodyOf({ ...EMPTY_WISH, pullRequest: "none" }, "Do it", [])).toEqual({ prompt: { text: "Do it" } });
});

test.each(["it's", "a $HOME `id` \\ \"b\"", "line\nline", "", "--help", "'; rm -rf / #", "äöü 漢字"])("a shell reads a quoted word as it was: %s", (text) => {
  expect(execFileSync("/bin/sh", ["-c", `printf %s ${quote(text)}`]).toString()).toBe(text);
});

test("the lines say the same", () => {
  expect(launchLine(WISH, "Don't", [], "http://h")).toBe("outwork launch --url http://h --repo https://a/b --ref main --model m --branch x --auto-pr --draft-pr --plan -- 'Don'\\''t'");
  expect(curlLine({ ...EMPTY_WISH, pullRequest: "none" }, "Hi", "http://h")).toContain("http://h/v1/agents --data '{");
});

test("images are judged before they are read", () => {
  expect(whyNot([{ type: "image/png", size: 5, name: "a" }], 0)).toBeUndefined();
  expect(whyNot([{ type: "image/svg+xml", size: 5, name: "a.svg" }], 0)).toContain("a.svg");
  expect(whyNot([{ type: "image/png", size: 16e6, name: "a" }], 0)).toContain("15 MB");
  expect(whyNot([{ type: "image/png", size: 5, name: "a" }], 5)).toContain("5 images");
});
