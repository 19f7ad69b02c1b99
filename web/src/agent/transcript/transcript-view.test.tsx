import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { Event, Run } from "../../api/types";
import { draftOf, forgetDrafts } from "../../prompt/draft";
import { emptyTranscript, read } from "./read";
import { placeAtEnd, TranscriptView } from "./transcript-view";

afterEach(() => {
  cleanup();
  forgetDrafts();
});

const at = "2026-05-02T08:00:00.000Z";

function run(id: string, more: Partial<Run>): Run {
  return { id, state: "queued", mode: "agent", createdAt: at, ...more } as Run;
}

function prompted(seq: number, runId: string, text: string): Event {
  return { seq, runId, attempt: 1, at, type: "prompt", text, imageCount: 0 };
}

function view(runs: readonly Run[], events: readonly Event[] = []) {
  const transcript = emptyTranscript();
  read(transcript, events);
  return <TranscriptView agentId="a" transcript={transcript} connection="live" runs={runs} place={{ current: placeAtEnd() }} />;
}

function waiting(): (string | null)[] {
  const list = screen.queryByRole("list", { name: "Waiting prompts" });
  return list === null ? [] : within(list).getAllByRole("listitem").map((row) => row.textContent);
}

test("an agent whose runs are over waits for no worker while its events are on their way", () => {
  const { rerender } = render(view([run("1", { state: "succeeded" })]));
  expect(screen.getByText(/Loading the transcript/)).toBeDefined();
  rerender(view([run("1", { state: "queued" })]));
  expect(screen.getByText(/as soon as a worker is free/)).toBeDefined();
});

test("a first prompt is there before its run has begun", () => {
  render(view([run("1", { prompt: "Say hello" })]));
  expect(waiting()).toEqual([expect.stringMatching(/^Waiting.*Say hello/)]);
});

test("prompts that wait are below the transcript, each until its run has begun", () => {
  const first = prompted(1, "1", "Say hello");
  const runs = [run("1", { state: "working" }), run("2", { prompt: "Say goodbye", mode: "plan" }), run("3", { prompt: "**Then** rest" })];
  const { rerender } = render(view(runs, [first]));
  expect(waiting()).toEqual([expect.stringMatching(/only a plan.*Say goodbye/), expect.stringMatching(/Then.* rest/)]);
  expect(waiting()[1]).not.toContain("only a plan");
  const list = screen.getByRole("list", { name: "Transcript" });
  const follows = Node.DOCUMENT_POSITION_FOLLOWING;
  expect(list.compareDocumentPosition(screen.getByRole("list", { name: "Waiting prompts" })) & follows).toBe(follows);

  // The event is here before the agent was read again, and after.
  const events = [first, prompted(2, "2", "Say goodbye")];
  rerender(view(runs, events));
  expect(waiting()).toEqual([expect.stringContaining("rest")]);
  rerender(view([run("1", { state: "succeeded" }), run("2", { state: "preparing", mode: "plan" }), run("3", { state: "cancelled" })], events));
  expect(waiting()).toEqual([]);
});

test("a prompt whose run ended before it began is told with its text, which can be used again", () => {
  const stopped: Event = { seq: 2, runId: "2", attempt: 0, at, type: "state_changed", to: "cancelled" };
  const runs = [run("1", { state: "working" }), run("2", { state: "cancelled", prompt: "Say **goodbye**" })];
  render(view(runs, [prompted(1, "1", "Say hello"), stopped]));
  expect(waiting()).toEqual([]);
  const row = screen.getByRole("listitem", { name: "Not carried out" });
  expect(row.textContent).toMatch(/Say .*goodbye/);
  expect(row.textContent).not.toContain("Stopped");
  const button = within(row).getByRole("button", { name: "Use again" });
  fireEvent.click(button);
  expect(draftOf("a").get().text).toBe("Say **goodbye**");
  // What somebody wrote stays.
  expect(button).toHaveProperty("disabled", true);
});

test("of a long prompt that was not carried out the button promises no more than there is", () => {
  const stopped: Event = { seq: 1, runId: "1", attempt: 0, at, type: "state_changed", to: "cancelled" };
  render(view([run("1", { state: "cancelled", prompt: "ü".repeat(20_000) })], [stopped]));
  expect(screen.getByRole("button", { name: "Use its beginning again" })).toBeDefined();
});
