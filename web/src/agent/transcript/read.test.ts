import { expect, test, vi } from "vitest";

import type { Event } from "../../api/types";
import { emptyTranscript, read, type Transcript } from "./read";

const RUN = "run-1";
let seq = 0;

function event(body: object, at = 0): Event {
  seq += 1;
  return { seq, runId: RUN, attempt: 1, at: new Date(at).toISOString(), ...body } as Event;
}

function grown(transcript: Transcript, events: readonly Event[]): Transcript {
  read(transcript, events);
  return transcript;
}

test("pieces grow into one answer, which the whole text replaces", () => {
  const transcript = grown(emptyTranscript(), [event({ type: "text_delta", turn: 1, text: "Hel" }), event({ type: "text_delta", turn: 1, text: "lo" })]);
  expect(transcript.items).toMatchObject([{ kind: "answer", text: "Hello", streams: true }]);
  grown(transcript, [event({ type: "text", turn: 1, text: "Hello!" })]);
  expect(transcript.items).toMatchObject([{ kind: "answer", text: "Hello!", streams: false }]);
});

test("events that were read before change nothing", () => {
  const events = [event({ type: "prompt", text: "Do it", imageCount: 0 }), event({ type: "note", text: "Noted" })];
  const once = grown(emptyTranscript(), events);
  const items = [...once.items];
  expect(grown(once, events).items).toEqual(items);
});

test("an item that was given out is not changed by what follows it", () => {
  const transcript = grown(emptyTranscript(), [event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: { command: "ls" } } })]);
  const [first] = transcript.items;
  const before = structuredClone(first);
  grown(transcript, [event({ type: "tool_finished", callId: "a", result: { status: "ok", text: "x", exitStatus: 0 }, tookMs: 5 })]);
  expect(first).toEqual(before);
  expect(transcript.items[0]).not.toBe(first);
});

test("a tool's output streams and is replaced by its result", () => {
  const transcript = grown(emptyTranscript(), [
    event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: { command: "ls" } } }),
    event({ type: "tool_output", callId: "a", text: "one\n" }),
    event({ type: "tool_output", callId: "a", text: "two\n" }),
  ]);
  expect(transcript.items).toMatchObject([{ status: "running", output: "one\ntwo\n" }]);
  grown(transcript, [event({ type: "tool_finished", callId: "a", result: { status: "error", text: "all", exitStatus: 2 }, tookMs: 7 })]);
  expect(transcript.items).toMatchObject([{ status: "error", output: "all", exitStatus: 2, tookMs: 7 }]);
});

test("an answer that broke off goes, and the next one finds its place", () => {
  const transcript = grown(emptyTranscript(), [
    event({ type: "text_delta", turn: 1, text: "half" }),
    event({ type: "turn_restarted", turn: 1, reason: "reset" }),
    event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: {} } }),
    event({ type: "text_delta", turn: 1, text: "whole" }),
    event({ type: "tool_finished", callId: "a", result: { status: "ok", text: "done" }, tookMs: 1 }),
  ]);
  expect(transcript.items).toMatchObject([{ kind: "notice" }, { kind: "tool", output: "done" }, { kind: "answer", text: "whole" }]);
});

test("an end says how long the run took; ways to it have no row", () => {
  const transcript = grown(emptyTranscript(), [
    event({ type: "prompt", text: "Do it", imageCount: 0 }, 1000),
    event({ type: "state_changed", to: "preparing" }, 1000),
    event({ type: "state_changed", to: "working" }, 2000),
    event({ type: "state_changed", to: "failed", cause: "script_failed", message: "1" }, 5000),
  ]);
  expect(transcript.items).toMatchObject([{ kind: "prompt", number: 1 }, { kind: "state", to: "failed", cause: "script_failed", tookMs: 4000 }]);
});

test("turns have their model's time, their tools' time and their tokens", () => {
  const transcript = grown(emptyTranscript(), [
    event({ type: "model_requested", turn: 1, model: "m" }, 1000),
    event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: {} } }, 1500),
    event({ type: "answer_ended", turn: 1, stop: "tool_use", usage: { input: 5, output: 7, cacheRead: 1, cacheWrite: 2 } }, 1800),
    event({ type: "tool_finished", callId: "a", result: { status: "ok", text: "" }, tookMs: 40 }, 1900),
  ]);
  expect(transcript.turns).toEqual([{ runId: RUN, number: 1, startedAt: 1000, modelMs: 800, toolMs: 40, inputTokens: 8, outputTokens: 7 }]);
});

test("an event of a type that the page does not know is passed over", () => {
  expect(grown(emptyTranscript(), [event({ type: "brand_new" })]).items).toEqual([]);
});

test("20,000 events are read in one go", () => {
  const events = Array.from({ length: 20_000 }, (_, n) => event({ type: "text", turn: n, text: `Answer ${n}` }));
  expect(grown(emptyTranscript(), events).items).toHaveLength(20_000);
});

test("hosts that were not reached are told once each, and those that were not at all", () => {
  const reached = { type: "network_used", host: "registry.npmjs.org", verdict: "allowed", count: 1, sentBytes: 1, receivedBytes: 1 };
  const refused = { type: "network_used", host: "evil.example", verdict: "refused", reason: "add it to [egress] allow", count: 1, sentBytes: 0, receivedBytes: 0 };
  const transcript = grown(emptyTranscript(), [event(reached), event(refused)]);
  grown(transcript, [event({ ...refused, count: 4 }), event({ ...refused, host: "slow.example", verdict: "failed", reason: undefined })]);
  expect(transcript.items).toMatchObject([
    { kind: "network", host: "evil.example", verdict: "refused", reason: "add it to [egress] allow", count: 5 },
    { kind: "network", host: "slow.example", verdict: "failed", count: 1 },
  ]);
});

test("how long it thought stays with the thought", () => {
  const transcript = grown(emptyTranscript(), [
    event({ type: "thinking_delta", turn: 1, text: "Hm" }),
    event({ type: "thinking_ended", turn: 1, tookMs: 1500 }),
    event({ type: "thinking", turn: 1, text: "Hm." }),
  ]);
  expect(transcript.items).toMatchObject([{ kind: "answer", what: "thinking", text: "Hm.", tookMs: 1500, streams: false }]);
});

test("a turn that a second attempt asks for again is one turn, and a call's time belongs to the turn that called", () => {
  const usage = { input: 5, output: 7, cacheRead: 0, cacheWrite: 0 };
  const transcript = grown(emptyTranscript(), [
    event({ type: "model_requested", turn: 1, model: "m" }, 1000),
    event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: {} } }, 1500),
    event({ type: "answer_ended", turn: 1, stop: "tool_use", usage }, 1800),
    event({ type: "model_requested", turn: 2, model: "m" }, 2000),
    event({ type: "state_changed", to: "queued" }, 3000),
    event({ type: "model_requested", turn: 2, model: "m", attempt: 2 }, 9000),
    event({ type: "tool_finished", callId: "a", result: { status: "interrupted", text: "" }, tookMs: 40, attempt: 2 }, 9100),
    event({ type: "answer_ended", turn: 2, stop: "end", usage, attempt: 2 }, 9500),
  ]);
  expect(transcript.turns).toMatchObject([
    { number: 1, modelMs: 800, toolMs: 40 },
    { number: 2, modelMs: 500, toolMs: 0 },
  ]);
});

test("a run that ended in the queue did not take as long as the one before it", () => {
  const transcript = grown(emptyTranscript(), [
    event({ type: "prompt", text: "Do it", imageCount: 0 }, 1000),
    event({ type: "state_changed", to: "cancelled", runId: "run-2" }, 11_000_000),
    event({ type: "state_changed", to: "succeeded" }, 4000),
  ]);
  expect(transcript.items).toMatchObject([{ kind: "prompt" }, { kind: "unbegun", runId: "run-2", to: "cancelled" }, { to: "succeeded", tookMs: 3000 }]);
});

test("an event that cannot be read is said to be one, and takes none along", () => {
  const said = vi.spyOn(console, "error").mockReturnValue();
  const transcript = grown(emptyTranscript(), [event({ type: "note", text: "before" }), event({ type: "answer_ended", turn: 1 }), event({ type: "note", text: "behind" })]);
  expect(transcript.items).toMatchObject([{ text: "before" }, { kind: "notice", tone: "warning", text: expect.stringMatching(/^Event \d+ could not be read/) }, { text: "behind" }]);
  expect(said).toHaveBeenCalledOnce();
  said.mockRestore();
});

test("what is there is not copied with each piece, and readers are told of each", () => {
  const transcript = grown(emptyTranscript(), [event({ type: "note", text: "before" }), event({ type: "text_delta", turn: 1, text: "a" })]);
  const { items, turns, places, version } = transcript;
  const [note] = items;
  grown(transcript, [event({ type: "text_delta", turn: 1, text: "b" }), event({ type: "text_delta", turn: 2, text: "c" })]);
  expect(transcript).toMatchObject({ items: [{}, { text: "ab" }, { text: "c" }], version: version + 1 });
  expect([transcript.items, transcript.turns, transcript.places]).toSatisfy((now) => now[0] === items && now[1] === turns && now[2] === places);
  expect(transcript.items[0]).toBe(note);
});

const called = { type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: { command: "sleep 60" } } };
const interrupted = { type: "tool_finished", callId: "a", result: { status: "interrupted", text: "interrupted" }, tookMs: 0, attempt: 2 };

test.each(["cancelled", "failed", "queued"])("a call without a result is stopped when its run becomes %s", (to) => {
  const transcript = grown(emptyTranscript(), [event(called, 1000), event({ type: "tool_output", callId: "a", text: "one" }, 2000), event({ type: "state_changed", to }, 9000)]);
  expect(transcript.items[0]).toMatchObject({ kind: "tool", status: "stopped", tookMs: 8000, output: "one" });
});

test("a call goes on while its run is being stopped, and that of another run anyway", () => {
  const transcript = grown(emptyTranscript(), [event(called, 1000), event({ type: "state_changed", to: "cancelling" }, 2000), event({ type: "state_changed", to: "cancelled", runId: "run-2" }, 3000)]);
  expect(transcript.items[0]).toMatchObject({ kind: "tool", status: "running", tookMs: undefined });
});

test("an interrupted call shows how long it ran if that is known, and no time if it is not", () => {
  const known = grown(emptyTranscript(), [event(called, 1000), event({ type: "state_changed", to: "queued" }, 9000), event(interrupted, 20_000)]);
  expect(known.items[0]).toMatchObject({ status: "interrupted", tookMs: 8000 });
  const lost = grown(emptyTranscript(), [event(called, 1000), event({ type: "model_requested", turn: 1, model: "m", attempt: 2 }, 20_000)]);
  expect(lost.items[0]).toMatchObject({ status: "stopped", tookMs: undefined });
  grown(lost, [event(interrupted, 21_000)]);
  expect(lost.items[0]).toMatchObject({ status: "interrupted", tookMs: undefined });
});
