import { expect, test } from "vitest";

import type { Event } from "../../api/types";
import { emptyTranscript, read } from "./read";

const RUN = "run-1";
let seq = 0;

function event(body: object, at = 0): Event {
  seq += 1;
  return { seq, runId: RUN, attempt: 1, at: new Date(at).toISOString(), ...body } as Event;
}

test("pieces grow into one answer, which the whole text replaces", () => {
  let transcript = read(emptyTranscript, [event({ type: "text_delta", turn: 1, text: "Hel" }), event({ type: "text_delta", turn: 1, text: "lo" })]);
  expect(transcript.items).toMatchObject([{ kind: "answer", text: "Hello", streams: true }]);
  transcript = read(transcript, [event({ type: "text", turn: 1, text: "Hello!" })]);
  expect(transcript.items).toMatchObject([{ kind: "answer", text: "Hello!", streams: false }]);
});

test("events that were read before change nothing", () => {
  const events = [event({ type: "prompt", text: "Do it", imageCount: 0 }), event({ type: "note", text: "Noted" })];
  const once = read(emptyTranscript, events);
  expect(read(once, events).items).toEqual(once.items);
});

test("a transcript is not changed by what follows it", () => {
  const first = read(emptyTranscript, [event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: { command: "ls" } } })]);
  const before = structuredClone(first.items);
  read(first, [event({ type: "tool_finished", callId: "a", result: { status: "ok", text: "x", exitStatus: 0 }, tookMs: 5 })]);
  expect(first.items).toEqual(before);
});

test("a tool's output streams and is replaced by its result", () => {
  let transcript = read(emptyTranscript, [
    event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: { command: "ls" } } }),
    event({ type: "tool_output", callId: "a", text: "one\n" }),
    event({ type: "tool_output", callId: "a", text: "two\n" }),
  ]);
  expect(transcript.items).toMatchObject([{ status: "running", output: "one\ntwo\n" }]);
  transcript = read(transcript, [event({ type: "tool_finished", callId: "a", result: { status: "error", text: "all", exitStatus: 2 }, tookMs: 7 })]);
  expect(transcript.items).toMatchObject([{ status: "error", output: "all", exitStatus: 2, tookMs: 7 }]);
});

test("an answer that broke off goes, and the next one finds its place", () => {
  const transcript = read(emptyTranscript, [
    event({ type: "text_delta", turn: 1, text: "half" }),
    event({ type: "turn_restarted", turn: 1, reason: "reset" }),
    event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: {} } }),
    event({ type: "text_delta", turn: 1, text: "whole" }),
    event({ type: "tool_finished", callId: "a", result: { status: "ok", text: "done" }, tookMs: 1 }),
  ]);
  expect(transcript.items).toMatchObject([{ kind: "notice" }, { kind: "tool", output: "done" }, { kind: "answer", text: "whole" }]);
});

test("an end says how long the run took; ways to it have no row", () => {
  const transcript = read(emptyTranscript, [
    event({ type: "prompt", text: "Do it", imageCount: 0 }, 1000),
    event({ type: "state_changed", to: "preparing" }, 1000),
    event({ type: "state_changed", to: "working" }, 2000),
    event({ type: "state_changed", to: "failed", cause: "script_failed", message: "1" }, 5000),
  ]);
  expect(transcript.items).toMatchObject([{ kind: "prompt", number: 1 }, { kind: "state", to: "failed", cause: "script_failed", tookMs: 4000 }]);
});

test("turns have their model's time, their tools' time and their tokens", () => {
  const transcript = read(emptyTranscript, [
    event({ type: "model_requested", turn: 1, model: "m" }, 1000),
    event({ type: "tool_called", turn: 1, call: { id: "a", name: "shell", arguments: {} } }, 1500),
    event({ type: "answer_ended", turn: 1, stop: "tool_use", usage: { input: 5, output: 7, cacheRead: 1, cacheWrite: 2 } }, 1800),
    event({ type: "tool_finished", callId: "a", result: { status: "ok", text: "" }, tookMs: 40 }, 1900),
  ]);
  expect(transcript.turns).toEqual([{ runId: RUN, number: 1, startedAt: 1000, modelMs: 800, toolMs: 40, inputTokens: 8, outputTokens: 7 }]);
});

test("an event of a type that the page does not know is passed over", () => {
  expect(read(emptyTranscript, [event({ type: "brand_new" })]).items).toEqual([]);
});

test("20,000 events are read in one go", () => {
  const events = Array.from({ length: 20_000 }, (_, n) => event({ type: "text", turn: n, text: `Answer ${n}` }));
  expect(read(emptyTranscript, events).items).toHaveLength(20_000);
});

test("hosts that were not reached are told once each, and those that were not at all", () => {
  const reached = { type: "network_used", host: "registry.npmjs.org", verdict: "allowed", count: 1, sentBytes: 1, receivedBytes: 1 };
  const refused = { type: "network_used", host: "evil.example", verdict: "refused", reason: "add it to [egress] allow", count: 1, sentBytes: 0, receivedBytes: 0 };
  let transcript = read(emptyTranscript, [event(reached), event(refused)]);
  transcript = read(transcript, [event({ ...refused, count: 4 }), event({ ...refused, host: "slow.example", verdict: "failed", reason: undefined })]);
  expect(transcript.items).toMatchObject([
    { kind: "network", host: "evil.example", verdict: "refused", reason: "add it to [egress] allow", count: 5 },
    { kind: "network", host: "slow.example", verdict: "failed", count: 1 },
  ]);
});

test("how long it thought stays with the thought", () => {
  const transcript = read(emptyTranscript, [
    event({ type: "thinking_delta", turn: 1, text: "Hm" }),
    event({ type: "thinking_ended", turn: 1, tookMs: 1500 }),
    event({ type: "thinking", turn: 1, text: "Hm." }),
  ]);
  expect(transcript.items).toMatchObject([{ kind: "answer", what: "thinking", text: "Hm.", tookMs: 1500, streams: false }]);
});
