// Turns an agent's events into what the page shows, one after the other. Pure: a transcript is never changed, only followed by another.

import type { Event, Happening, RunState, ToolResult } from "../../api/types";
import { isFinal } from "../../text/states";
import type { AnswerItem, Item, ToolItem, Turn } from "./item";
import { sentence } from "./sentence";

/** All that was read so far. */
export interface Transcript {
  lastSeq: number;
  items: readonly Item[];
  turns: readonly Turn[];
  /** Where an item that may still change stands among the items, by its key. */
  places: ReadonlyMap<string, number>;
  promptCount: number;
  /** When the run that is read began. */
  runBeganAt: number | undefined;
}

export const emptyTranscript: Transcript = {
  lastSeq: 0,
  items: [],
  turns: [],
  places: new Map(),
  promptCount: 0,
  runBeganAt: undefined,
};

/** The transcript with more events; those that it has already are passed over. */
export function read(old: Transcript, events: readonly Event[]): Transcript {
  const next: Draft = { ...old, items: [...old.items], turns: [...old.turns], places: new Map(old.places) };
  for (const event of events) {
    if (event.seq <= next.lastSeq) continue;
    next.lastSeq = event.seq;
    take(next, event);
  }
  return next;
}

interface Draft extends Transcript {
  items: Item[];
  turns: Turn[];
  places: Map<string, number>;
}

function take(draft: Draft, event: Event): void {
  const key = `event-${event.seq}`;
  switch (event.type) {
    case "prompt":
      draft.promptCount += 1;
      draft.runBeganAt = Date.parse(event.at);
      draft.items.push({ kind: "prompt", key, runId: event.runId, number: draft.promptCount, text: event.text, imageCount: event.imageCount, at: event.at });
      break;
    case "state_changed":
      changeState(draft, event);
      break;
    case "model_requested":
      draft.turns.push({ runId: event.runId, number: event.turn, startedAt: Date.parse(event.at), modelMs: undefined, toolMs: 0, inputTokens: 0, outputTokens: 0 });
      break;
    case "answer_ended":
      endTurn(draft, event);
      break;
    case "text_delta":
      stream(draft, event, "text");
      break;
    case "thinking_delta":
      stream(draft, event, "thinking");
      break;
    case "thinking_ended":
      thinkingEnded(draft, event);
      break;
    case "text":
    case "thinking":
      answer(draft, event);
      break;
    case "turn_restarted":
      dropStreaming(draft, turnKey(event));
      draft.items.push({ kind: "notice", key, tone: "warning", text: `The answer broke off and is asked for again: ${event.reason}` });
      break;
    case "tool_called":
      callTool(draft, event);
      break;
    case "tool_output":
      changeTool(draft, callKey(event.runId, event.callId), (tool) => ({ ...tool, output: tool.output + event.text }));
      break;
    case "tool_finished":
      finishTool(draft, event);
      break;
    case "committed":
      draft.items.push({ kind: "commit", key, commit: event.commit, subject: event.subject, fileCount: event.fileCount, insertions: event.insertions, deletions: event.deletions });
      break;
    case "pull_request_opened":
      draft.items.push({ kind: "pull-request", key, number: event.number, url: event.url });
      break;
    case "network_used":
      usedNetwork(draft, event);
      break;
    default: {
      const found = sentence(event);
      if (found !== undefined) draft.items.push({ kind: "notice", key, ...found });
    }
  }
}

function changeState(draft: Draft, event: Event & { type: "state_changed" }): void {
  const to = event.to as RunState;
  if (to !== "working") dropStreaming(draft, `${event.runId}/`);
  // Where a run is on its way stands at the head of the page; the transcript has what went wrong and how it ended.
  const worthARow = isFinal(to) || (to === "queued" && event.message !== undefined);
  if (!worthARow) return;
  const began = draft.runBeganAt;
  const tookMs = isFinal(to) && began !== undefined ? Date.parse(event.at) - began : undefined;
  draft.items.push({ kind: "state", key: `event-${event.seq}`, to, cause: event.cause, message: event.message, tookMs });
}

function stream(draft: Draft, event: Event & { type: "text_delta" | "thinking_delta" }, what: AnswerItem["what"]): void {
  const key = answerKey(event, what);
  const place = draft.places.get(key);
  const old = place === undefined ? undefined : draft.items[place];
  const text = old?.kind === "answer" ? old.text + event.text : event.text;
  put(draft, { kind: "answer", key, what, text, streams: true });
}

function thinkingEnded(draft: Draft, event: Event & { type: "thinking_ended" }): void {
  const place = draft.places.get(answerKey(event, "thinking"));
  const old = place === undefined ? undefined : draft.items[place];
  if (place === undefined || old?.kind !== "answer") return;
  draft.items[place] = { ...old, tookMs: event.tookMs };
}

function answer(draft: Draft, event: Event & { type: "text" | "thinking" }): void {
  const key = answerKey(event, event.type);
  const place = draft.places.get(key);
  const old = place === undefined ? undefined : draft.items[place];
  const took = old?.kind === "answer" && old.tookMs !== undefined ? { tookMs: old.tookMs } : {};
  put(draft, { kind: "answer", key, what: event.type, text: event.text, streams: false, ...took });
}

function callTool(draft: Draft, event: Event & { type: "tool_called" }): void {
  const { id, name } = event.call;
  put(draft, {
    kind: "tool",
    key: callKey(event.runId, id),
    name,
    arguments: event.call.arguments,
    output: "",
    status: "running",
    exitStatus: undefined,
    startedAt: event.at,
    tookMs: undefined,
  });
}

function finishTool(draft: Draft, event: Event & { type: "tool_finished" }): void {
  const { result, tookMs } = event;
  changeTool(draft, callKey(event.runId, event.callId), (tool) => ({
    ...tool,
    output: result.text,
    status: statusOf(result),
    exitStatus: result.exitStatus,
    tookMs,
  }));
  const last = draft.turns.at(-1);
  if (last?.runId === event.runId) draft.turns[draft.turns.length - 1] = { ...last, toolMs: last.toolMs + tookMs };
}

function statusOf(result: ToolResult): ToolItem["status"] {
  return result.status === "ok" || result.status === "interrupted" ? result.status : "error";
}

/** What was reached is nothing to read about; what was not may be why a command failed. One row a host and run. */
function usedNetwork(draft: Draft, event: Event & { type: "network_used" }): void {
  const { host, verdict, reason, count } = event;
  if (verdict === "allowed") return;
  const key = `${event.runId}/network-${verdict}-${host}`;
  const place = draft.places.get(key);
  const old = place === undefined ? undefined : draft.items[place];
  const before = old?.kind === "network" ? old.count : 0;
  put(draft, { kind: "network", key, host, verdict: verdict === "refused" ? "refused" : "failed", reason, count: before + count });
}

function endTurn(draft: Draft, event: Event & { type: "answer_ended" }): void {
  const place = draft.turns.findLastIndex((turn) => turn.runId === event.runId && turn.number === event.turn);
  const turn = draft.turns[place];
  if (turn === undefined) return;
  const { input, output, cacheRead, cacheWrite } = event.usage;
  draft.turns[place] = { ...turn, modelMs: Date.parse(event.at) - turn.startedAt, inputTokens: input + cacheRead + cacheWrite, outputTokens: output };
}

function put(draft: Draft, item: Item): void {
  const place = draft.places.get(item.key);
  if (place !== undefined) {
    draft.items[place] = item;
    return;
  }
  draft.places.set(item.key, draft.items.length);
  draft.items.push(item);
}

function changeTool(draft: Draft, key: string, change: (tool: ToolItem) => ToolItem): void {
  const place = draft.places.get(key);
  const old = place === undefined ? undefined : draft.items[place];
  if (place !== undefined && old?.kind === "tool") draft.items[place] = change(old);
}

/** Takes away pieces of answers that never became whole. */
function dropStreaming(draft: Draft, prefix: string): void {
  const isDropped = (item: Item) => item.kind === "answer" && item.streams && item.key.startsWith(prefix);
  if (!draft.items.some(isDropped)) return;
  draft.items = draft.items.filter((item) => !isDropped(item));
  draft.places = new Map(draft.items.flatMap((item, place) => (item.kind === "answer" || item.kind === "tool" || item.kind === "network" ? [[item.key, place] as const] : [])));
}

function turnKey(event: { runId: string; turn: number }): string {
  return `${event.runId}/turn-${event.turn}/`;
}

function answerKey(event: { runId: string; turn: number }, what: AnswerItem["what"]): string {
  return turnKey(event) + what;
}

function callKey(runId: string, callId: string): string {
  return `${runId}/call-${callId}`;
}

/** The types of events after which an agent's details are worth reading again. */
export const CHANGES_AGENT: ReadonlySet<Happening["type"]> = new Set(["state_changed", "workspace_prepared", "committed", "pushed", "pull_request_opened", "prompt"]);
