import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { IsConnected } from "./connected";
import type { ToolItem } from "./item";
import { ToolRow } from "./tool-row";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const AT = "2026-05-02T08:00:00.000Z";
const TOOL: ToolItem = { kind: "tool", key: "a", turn: 1, name: "shell", arguments: { command: "sleep 60" }, output: "", status: "running", exitStatus: undefined, startedAt: AT, tookMs: undefined };

function row(tool: ToolItem, isConnected = true) {
  return (
    <IsConnected value={isConnected}>
      <ToolRow item={tool} opened={true} onTurn={() => undefined} />
    </IsConnected>
  );
}

test("what runs is not counted on while the connection is lost", () => {
  vi.useFakeTimers({ now: Date.parse(AT) + 3000 });
  const { container, rerender } = render(row(TOOL));
  const took = () => container.querySelector(".took")?.textContent;
  expect(took()).toBe("3.0 s");
  act(() => void vi.advanceTimersByTime(2000));
  expect(took()).toBe("5.0 s");
  rerender(row(TOOL, false));
  act(() => void vi.advanceTimersByTime(60_000));
  expect(took()).toBe("5.0 s");
  rerender(row(TOOL));
  act(() => void vi.advanceTimersByTime(1000));
  expect(took()).toMatch(/^1\D+6/);
});

test("what was stopped no longer runs, and has no time if nobody knows it", () => {
  const { container } = render(row({ ...TOOL, status: "stopped" }));
  expect(container.querySelector(".tool-status")?.textContent).toBe("stopped");
  expect(container.querySelector(".took")?.textContent).toBe("");
});

test("what the server cut is not promised whole", () => {
  const long = "x".repeat(15_000);
  const { rerender } = render(row({ ...TOOL, status: "ok", output: long + long }));
  expect(screen.getByRole("button", { name: /^Show all 30,000/ })).toBeDefined();
  rerender(row({ ...TOOL, status: "ok", output: `${long}\n[… 934465 bytes left out …]\n${long}` }));
  expect(screen.getByRole("button", { name: /^Show what was kept, 30,0/ })).toBeDefined();
});
