import { describe, expect, it } from "vitest";

import { emptyTranscript, read } from "./transcript";
import type { Event, EventBody } from "./types";

function events(...bodies: EventBody[]): Event[] {
  return bodies.map((body, at) => ({ seq: at + 1, runId: "r", attempt: 1, at: "2026-01-15T10:30:00.000Z", ...body }));
}

describe("read", () => {
  it("lets the complete answer take the place of its deltas", () => {
    const all = events(
      { type: "text_delta", turn: 1, text: "Hel" },
      { type: "text_delta", turn: 1, text: "lo" },
      { type: "text", turn: 1, text: "Hello." },
      { type: "answer_ended", turn: 1 },
    );
    const half = read(emptyTranscript, all.slice(0, 2));
    expect(half.items).toEqual([{ kind: "answer", key: "r/turn-1/text", what: "text", text: "Hello", streams: true }]);
    const whole = read(half, all);
    expect(whole.items).toEqual([{ kind: "answer", key: "r/turn-1/text", what: "text", text: "Hello.", streams: false }]);
    expect(whole.lastSeq).toBe(4);
  });

  it("drops the deltas of a turn that broke off", () => {
    const { items } = read(
      emptyTranscript,
      events(
        { type: "thinking_delta", turn: 2, text: "hm" },
        { type: "text_delta", turn: 2, text: "half" },
        { type: "turn_restarted", turn: 2, reason: "reset" },
        { type: "text", turn: 2, text: "whole" },
      ),
    );
    expect(items.map((item) => item.kind)).toEqual(["notice", "answer"]);
    expect(items[1]).toMatchObject({ text: "whole" });
  });

  it("gathers a tool call with its output and its result", () => {
    const { items } = read(
      emptyTranscript,
      events(
        { type: "tool_called", turn: 1, call: { id: "c", name: "shell", arguments: { command: "ls" } } },
        { type: "tool_output", callId: "c", text: "a\n" },
        { type: "tool_output", callId: "c", text: "b\n" },
        { type: "tool_finished", callId: "c", result: { status: "ok", text: "a\nb\n", exitStatus: 0 }, tookMs: 3 },
      ),
    );
    expect(items).toEqual([
      {
        kind: "tool",
        key: "r/call-c",
        name: "shell",
        input: "ls",
        output: "a\nb\n",
        result: { status: "ok", text: "a\nb\n", exitStatus: 0 },
        tookMs: 3,
      },
    ]);
  });

  it("tells which hosts were reached and which were not", () => {
    const used = { type: "network_used", host: "example.org", sentBytes: 7, receivedBytes: 9 } as const;
    const refused = { ...used, verdict: "refused", reason: "it is not open", count: 3 } as const;
    const shown = read(emptyTranscript, events({ ...used, verdict: "allowed", count: 1 }, refused));
    expect(shown.items).toMatchObject([
      { kind: "notice", text: "Reached example.org: 7 bytes out, 9 in" },
      { kind: "notice", text: "example.org was not reached (3 times): it is not open" },
    ]);
  });

  it("passes over events that it has and types that it does not know", () => {
    const first = read(emptyTranscript, events({ type: "note", text: "one" }));
    const again = read(first, events({ type: "note", text: "one" }));
    expect(again.items).toHaveLength(1);
    const unknown = { seq: 2, runId: "r", attempt: 1, at: "", type: "from_the_future" } as unknown as Event;
    expect(read(again, [unknown])).toEqual({ lastSeq: 2, items: again.items });
  });
});
