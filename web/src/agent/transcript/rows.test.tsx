import { render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import type { ToolItem } from "./item";
import { TranscriptRow } from "./rows";

afterEach(() => void vi.restoreAllMocks());

test("a row that fails is its text, and the rows beside it are there", () => {
  vi.spyOn(console, "error").mockReturnValue();
  // Nobody can write it as JSON, which is how a call's input is shown.
  const arguments_ = { get path(): string { throw new RangeError("too much recursion"); } };
  const tool: ToolItem = { kind: "tool", key: "a", turn: 1, name: "shell", arguments: arguments_, output: "what it said", status: "ok", exitStatus: 0, startedAt: "2026-05-02T08:00:00.000Z", tookMs: 1 };
  const turned = () => undefined;
  const { container } = render(
    <>
      <TranscriptRow item={tool} opened={undefined} onTurn={turned} />
      <TranscriptRow item={{ kind: "notice", key: "b", tone: "plain", text: "beside it" }} opened={undefined} onTurn={turned} />
    </>,
  );
  expect(container.textContent).toContain("what it said");
  expect(container.textContent).toContain("beside it");
});
