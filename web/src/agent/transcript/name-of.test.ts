import { expect, test } from "vitest";

import type { Item } from "./item";
import { nameOf } from "./name-of";

const tool = { kind: "tool", key: "t", turn: 1, arguments: {}, output: "long", status: "ok", exitStatus: 0, startedAt: "", tookMs: 1 } as const;

test.each<[Item, string]>([
  [{ kind: "prompt", key: "p", runId: "r", number: 1, text: "Do it", imageCount: 0, at: "" }, "Prompt"],
  [{ kind: "answer", key: "a", what: "thinking", text: "Hm", streams: true }, "Thought"],
  [{ ...tool, name: "shell" }, "Call of shell"],
  [{ ...tool, name: "sh\u202eell" }, "Call of sh⟨U+202E⟩ell"],
  [{ kind: "state", key: "s", to: "succeeded", cause: undefined, message: undefined, tookMs: 1 }, "Done"],
  [{ kind: "notice", key: "n", tone: "warning", text: "Careful" }, "Warning"],
])("a row is named in a word or two: %o", (item, name) => {
  expect(nameOf(item)).toBe(name);
});
