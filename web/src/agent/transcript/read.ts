// Turns an agent's events into what the page shows, one after the other.

import type { Event, Happening, RunState, ToolResult } from "../../api/types";
import { isFinal } from "../../text/states";
import type { AnswerItem, Item, ToolItem, Turn } from "./item";
import { sentence } from "./sentence";

/**
 * All that was read so far. It grows where it is, since a copy with each piece would cost more the longer it is; the items and turns
 * themselves are never changed, only replaced.
 */
export interface Transcript {
  lastSeq: number;
  /** Greater after each reading. */
  version: number;
  /** Another array only if some are taken away. */
  items: Item[];
  turns: Turn[];
  /** Where an item that may still change stands among the items, by its key. */
  places: Map<string, number>;
  promptCount: number;
  /** When each run began, by its id; what ended in the queue never did. */
  runsBeganAt: Map<string, number>;
  /** The calls that wait for their result, by their key. */
  calls: Map<string, Pick<Event, "runId" | "attempt">>;
}

export function emptyTranscript(): Transcript {
  return { lastSeq: 0, version: 0, items: [], turns: [], places: new Map(), promptCount: 0, runsBeganAt: new Map(), calls: new Map() };
}

/** Takes in more events; those that it has already are passed over. */
export function read(transcript: Transcript, events: readonly Event[]): void {
  transcript.version += 1;
  for (const event of events) {
    if (event.seq <= transcript.lastSeq) continue;
    transcript.lastSeq = event.seq;
    try {
      take(transcript, event);
    } catch (error) {
      // One that nobody foresaw must not take those behind it along: they never come again.
      console.error(error);
      transcript.items.push({ kind: "notice", key: `event-${event.seq}`, tone: "warning", text: `Event ${event.seq} could not be read.` });
    }
  }
}

function take(transcript: Transcript, event: Event): void {
  const key = `event-${event.seq}`;
  // Whoever takes over knows that the attempt before is over, and not since when.
  stopCalls(transcript, (call) => call.runId === event.runId && call.attempt < event.attempt, undefined);
  switch (event.type) {
    case "prompt":
      transcript.promptCount += 1;
      transcript.runsBeganAt.set(event.runId, Date.parse(event.at));
      transcript.items.push({ kind: "prompt", key, runId: event.runId, number: transcript.promptCount, text: event.text, imageCount: event.imageCount, at: event.at });
      break;
    case "state_changed":
      changeState(transcript, event);
      break;
    case "model_requested":
      beginTurn(transcript, event);
      break;
    case "answer_ended":
      endTurn(transcript, event);
      break;
    case "text_delta":
      stream(transcript, event, "text");
      break;
    case "thinking_delta":
      stream(transcript, event, "thinking");
      break;
    case "thinking_ended":
      thinkingEnded(transcript, event);
      break;
    case "text":
    case "thinking":
      answer(transcript, event);
      break;
    case "turn_restarted":
      dropStreaming(transcript, turnKey(event));
      transcript.items.push({ kind: "notice", key, tone: "warning", text: `The answer broke off and is asked for again: ${event.reason}` });
      break;
    case "tool_called":
      callTool(transcript, event);
      break;
    case "tool_output":
      changeTool(transcript, callKey(event.runId, event.callId), (tool) => ({ ...tool, output: tool.output + event.text }));
      break;
    case "tool_finished":
      finishTool(transcript, event);
      break;
    case "committed":
      transcript.items.push({ kind: "commit", key, commit: event.commit, subject: event.subject, fileCount: event.fileCount, insertions: event.insertions, deletions: event.deletions });
      break;
    case "pull_request_opened":
      transcript.items.push({ kind: "pull-request", key, number: event.number, url: event.url });
      break;
    case "network_used":
      usedNetwork(transcript, event);
      break;
    default: {
      const found = sentence(event);
      if (found !== undefined) transcript.items.push({ kind: "notice", key, ...found });
    }
  }
}

function changeState(transcript: Transcript, event: Event & { type: "state_changed" }): void {
  const to = event.to as RunState;
  if (to !== "working") dropStreaming(transcript, `${event.runId}/`);
  if (isFinal(to) || to === "queued") stopCalls(transcript, (call) => call.runId === event.runId, event.at);
  // Where a run is on its way stands at the head of the page; the transcript has what went wrong and how it ended.
  const worthARow = isFinal(to) || (to === "queued" && event.message !== undefined);
  if (!worthARow) return;
  const began = transcript.runsBeganAt.get(event.runId);
  if (isFinal(to) && began === undefined) {
    transcript.items.push({ kind: "unbegun", key: `event-${event.seq}`, runId: event.runId, to, cause: event.cause, message: event.message });
    return;
  }
  const tookMs = isFinal(to) && began !== undefined ? Date.parse(event.at) - began : undefined;
  transcript.items.push({ kind: "state", key: `event-${event.seq}`, to, cause: event.cause, message: event.message, tookMs });
}

function stream(transcript: Transcript, event: Event & { type: "text_delta" | "thinking_delta" }, what: AnswerItem["what"]): void {
  const key = answerKey(event, what);
  const place = transcript.places.get(key);
  const old = place === undefined ? undefined : transcript.items[place];
  const text = old?.kind === "answer" ? old.text + event.text : event.text;
  put(transcript, { kind: "answer", key, what, text, streams: true });
}

function thinkingEnded(transcript: Transcript, event: Event & { type: "thinking_ended" }): void {
  const place = transcript.places.get(answerKey(event, "thinking"));
  const old = place === undefined ? undefined : transcript.items[place];
  if (place === undefined || old?.kind !== "answer") return;
  transcript.items[place] = { ...old, tookMs: event.tookMs };
}

function answer(transcript: Transcript, event: Event & { type: "text" | "thinking" }): void {
  const key = answerKey(event, event.type);
  const place = transcript.places.get(key);
  const old = place === undefined ? undefined : transcript.items[place];
  const took = old?.kind === "answer" && old.tookMs !== undefined ? { tookMs: old.tookMs } : {};
  put(transcript, { kind: "answer", key, what: event.type, text: event.text, streams: false, ...took });
}

function callTool(transcript: Transcript, event: Event & { type: "tool_called" }): void {
  const { id, name } = event.call;
  transcript.calls.set(callKey(event.runId, id), { runId: event.runId, attempt: event.attempt });
  put(transcript, {
    kind: "tool",
    key: callKey(event.runId, id),
    turn: event.turn,
    name,
    arguments: event.call.arguments,
    output: "",
    status: "running",
    exitStatus: undefined,
    startedAt: event.at,
    tookMs: undefined,
  });
}

function finishTool(transcript: Transcript, event: Event & { type: "tool_finished" }): void {
  const { result, tookMs } = event;
  const place = transcript.places.get(callKey(event.runId, event.callId));
  const called = place === undefined ? undefined : transcript.items[place];
  if (called?.kind === "tool") changeTurn(transcript, event.runId, called.turn, (turn) => ({ ...turn, toolMs: turn.toolMs + tookMs }));
  transcript.calls.delete(callKey(event.runId, event.callId));
  changeTool(transcript, callKey(event.runId, event.callId), (tool) => ({
    ...tool,
    output: result.text,
    status: statusOf(result),
    exitStatus: result.exitStatus,
    // Who finds a call interrupted did not see it run.
    tookMs: result.status === "interrupted" && tookMs === 0 ? tool.tookMs : tookMs,
  }));
}

/** Ends the calls to whose result nobody will come any more. */
function stopCalls(transcript: Transcript, isOver: (call: Pick<Event, "runId" | "attempt">) => boolean, at: string | undefined): void {
  for (const [key, call] of transcript.calls) {
    if (!isOver(call)) continue;
    transcript.calls.delete(key);
    changeTool(transcript, key, (tool) => ({ ...tool, status: "stopped", tookMs: at === undefined ? undefined : Math.max(0, Date.parse(at) - Date.parse(tool.startedAt)) }));
  }
}

function statusOf(result: ToolResult): ToolItem["status"] {
  return result.status === "ok" || result.status === "interrupted" ? result.status : "error";
}

/** What was reached is nothing to read about; what was not may be why a command failed. One row a host and run. */
function usedNetwork(transcript: Transcript, event: Event & { type: "network_used" }): void {
  const { host, verdict, reason, count } = event;
  if (verdict === "allowed") return;
  const key = `${event.runId}/network-${verdict}-${host}`;
  const place = transcript.places.get(key);
  const old = place === undefined ? undefined : transcript.items[place];
  const before = old?.kind === "network" ? old.count : 0;
  put(transcript, { kind: "network", key, host, verdict: verdict === "refused" ? "refused" : "failed", reason, count: before + count });
}

/** An attempt that takes over asks again for the answer that the last one did not get: that is still the same turn. */
function beginTurn(transcript: Transcript, event: Event & { type: "model_requested" }): void {
  const { runId, turn: number } = event;
  const begun: Turn = { runId, number, startedAt: Date.parse(event.at), modelMs: undefined, toolMs: 0, inputTokens: 0, outputTokens: 0 };
  if (!changeTurn(transcript, runId, number, () => begun)) transcript.turns.push(begun);
}

function endTurn(transcript: Transcript, event: Event & { type: "answer_ended" }): void {
  const { input, output, cacheRead, cacheWrite } = event.usage;
  changeTurn(transcript, event.runId, event.turn, (turn) => ({
    ...turn,
    modelMs: Date.parse(event.at) - turn.startedAt,
    inputTokens: input + cacheRead + cacheWrite,
    outputTokens: output,
  }));
}

/** Whether there is such a turn. Runs follow each other, so that only the last one's turns are looked through. */
function changeTurn(transcript: Transcript, runId: string, number: number, change: (turn: Turn) => Turn): boolean {
  for (let place = transcript.turns.length - 1; place >= 0; place -= 1) {
    const turn = transcript.turns[place];
    if (turn === undefined || turn.runId !== runId) return false;
    if (turn.number !== number) continue;
    transcript.turns[place] = change(turn);
    return true;
  }
  return false;
}

function put(transcript: Transcript, item: Item): void {
  const place = transcript.places.get(item.key);
  if (place !== undefined) {
    transcript.items[place] = item;
    return;
  }
  transcript.places.set(item.key, transcript.items.length);
  transcript.items.push(item);
}

function changeTool(transcript: Transcript, key: string, change: (tool: ToolItem) => ToolItem): void {
  const place = transcript.places.get(key);
  const old = place === undefined ? undefined : transcript.items[place];
  if (place !== undefined && old?.kind === "tool") transcript.items[place] = change(old);
}

/** Takes away pieces of answers that never became whole. */
function dropStreaming(transcript: Transcript, prefix: string): void {
  const isDropped = (item: Item) => item.kind === "answer" && item.streams && item.key.startsWith(prefix);
  if (!transcript.items.some(isDropped)) return;
  transcript.items = transcript.items.filter((item) => !isDropped(item));
  transcript.places = new Map(transcript.items.flatMap((item, place) => (item.kind === "answer" || item.kind === "tool" || item.kind === "network" ? [[item.key, place] as const] : [])));
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
