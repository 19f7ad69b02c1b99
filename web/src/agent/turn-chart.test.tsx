import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { Turn } from "./transcript/item";
import { TurnChart } from "./turn-chart";

afterEach(cleanup);

const turn = (number: number, more: Partial<Turn> = {}): Turn => ({ runId: "run", number, startedAt: 0, modelMs: 1000, toolMs: 0, inputTokens: 0, outputTokens: 0, ...more });
const show = (...turns: Turn[]) => render(<TurnChart turns={turns} runNumbers={new Map([["run", 3]])} />);

test("time and tokens are bars as high as what they stand for", () => {
  show(turn(1, { inputTokens: 900, outputTokens: 100 }), turn(2, { modelMs: 3000, toolMs: 1000, inputTokens: 400 }));
  const [time, tokens] = screen.getAllByRole("img");
  expect(time?.getAttribute("aria-label")).toBe("2 turns, the longest 4.0 s");
  expect(tokens?.getAttribute("aria-label")).toBe("2 turns, the most 1k");
  const heights = (chart: Element | undefined) => [...(chart?.querySelectorAll("rect") ?? [])].map((bar) => Number(bar.getAttribute("height")));
  expect(heights(time)).toEqual([30, 0, 90, 30]);
  expect(heights(tokens)).toEqual([108, 12, 48, 0]);
  expect(tokens?.querySelector("title")?.textContent).toBe("Turn 3.1: in 900, out 100");
});

test("a model that counts no tokens has no bars of them; a turn that is awaited has no time yet", () => {
  show(turn(1, { modelMs: undefined }));
  expect(screen.getAllByRole("img")).toHaveLength(1);
  expect(screen.getByText("…")).toBeDefined();
});
