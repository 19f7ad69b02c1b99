// Turns an agent's events into what the page shows, one event after the other. Pure.

import type { Event, EventBody, RunState, ToolResult } from "./types";

export type Item =
  | { kind: "prompt"; key: string; text: string; imageCount: number; at: string }
  | { kind: "state"; key: string; to: RunState; cause: string | undefined; message: string | undefined; at: string }
  | { kind: "answer"; key: string; what: "text" | "thinking"; text: string; streams: boolean }
  | { kind: "tool"; key: string; name: string; input: string; output: string; result?: ToolResult; tookMs?: number }
  | { kind: "notice"; key: string; text: string }
  | { kind: "pull-request"; key: string; number: number; url: string };

/** All that was read so far. */
export interface Transcript {
  lastSeq: number;
  items: readonly Item[];
}

export const emptyTranscript: Transcript = { lastSeq: 0, items: [] };

/** The transcript with more events; those that it has already are passed over. */
export function read(transcript: Transcript, events: readonly Event[]): Transcript {
  const items = [...transcript.items];
  let lastSeq = transcript.lastSeq;
  for (const event of events) {
    if (event.seq <= lastSeq) continue;
    lastSeq = event.seq;
    take(items, event);
  }
  return { lastSeq, items };
}

function take(items: Item[], event: Event): void {
  const key = `event-${event.seq}`;
  switch (event.type) {
    case "prompt":
      items.push({ kind: "prompt", key, text: event.text, imageCount: event.imageCount ?? 0, at: event.at });
      break;
    case "state_changed":
      if (event.to !== "working") dropStreaming(items, () => true);
      items.push({ kind: "state", key, to: event.to, cause: event.cause, message: event.message, at: event.at });
      break;
    case "text_delta":
    case "thinking_delta":
      stream(items, answerKey(event), event.type === "text_delta" ? "text" : "thinking", event.text);
      break;
    case "text":
    case "thinking":
      put(items, { kind: "answer", key: answerKey(event), what: event.type, text: event.text, streams: false });
      break;
    case "turn_restarted":
      dropStreaming(items, (item) => item.key.startsWith(turnKey(event)));
      items.push({ kind: "notice", key, text: `The answer broke off and is asked for again: ${event.reason}` });
      break;
    case "tool_called": {
      const { id, name } = event.call;
      put(items, { kind: "tool", key: callKey(event.runId, id), name, input: inputText(event.call.arguments), output: "" });
      break;
    }
    case "tool_output":
      changeTool(items, callKey(event.runId, event.callId), (tool) => ({ ...tool, output: tool.output + event.text }));
      break;
    case "tool_finished": {
      const { result, tookMs } = event;
      changeTool(items, callKey(event.runId, event.callId), (tool) => ({ ...tool, output: result.text, result, tookMs }));
      break;
    }
    case "pull_request_opened":
      items.push({ kind: "pull-request", key, number: event.number, url: event.url });
      break;
    default: {
      const text = notice(event);
      if (text !== undefined) items.push({ kind: "notice", key, text });
    }
  }
}

/** A sentence for the events that need no more than one. */
function notice(event: EventBody): string | undefined {
  switch (event.type) {
    case "model_retried":
      return `The model is busy (${event.reason}); next try in ${Math.ceil(event.waitMs / 1000)} s`;
    case "nudged":
      return `Outwork to the model: ${event.text}`;
    case "limit_reached":
      return `Limit reached: ${event.limit}`;
    case "workspace_prepared":
      return `Workspace ready at ${event.base.slice(0, 10)}; the work goes to ${event.branch}`;
    case "committed":
      return `Committed ${event.commit.slice(0, 10)} “${event.subject}”: ${event.fileCount} files, +${event.insertions} −${event.deletions}`;
    case "nothing_to_publish":
      return "Nothing changed, so there is nothing to publish";
    case "pushed":
      return `Pushed ${event.commit.slice(0, 10)} to ${event.branch}`;
    case "network_used": {
      const times = event.count === 1 ? "" : ` (${event.count} times)`;
      return event.verdict === "allowed"
        ? `Reached ${event.host}${times}: ${event.sentBytes} bytes out, ${event.receivedBytes} in`
        : `${event.host} was not reached${times}: ${event.reason ?? "no reason given"}`;
    }
    case "note":
      return event.text;
    default:
      return undefined;
  }
}

function stream(items: Item[], key: string, what: "text" | "thinking", more: string): void {
  const at = items.findLastIndex((item) => item.key === key);
  const old = items[at];
  const text = old?.kind === "answer" ? old.text + more : more;
  const item: Item = { kind: "answer", key, what, text, streams: true };
  if (at < 0) items.push(item);
  else items[at] = item;
}

function put(items: Item[], item: Item): void {
  const at = items.findLastIndex((old) => old.key === item.key);
  if (at < 0) items.push(item);
  else items[at] = item;
}

function changeTool(items: Item[], key: string, change: (tool: Item & { kind: "tool" }) => Item): void {
  const at = items.findLastIndex((item) => item.key === key);
  const old = items[at];
  if (old?.kind === "tool") items[at] = change(old);
}

function dropStreaming(items: Item[], matches: (item: Item) => boolean): void {
  for (let at = items.length - 1; at >= 0; at--) {
    const item = items[at];
    if (item?.kind === "answer" && item.streams && matches(item)) items.splice(at, 1);
  }
}

function turnKey(event: { runId: string; turn: number }): string {
  return `${event.runId}/turn-${event.turn}/`;
}

function answerKey(event: { runId: string; turn: number; type: string }): string {
  return turnKey(event) + event.type.replace("_delta", "");
}

function callKey(runId: string, callId: string): string {
  return `${runId}/call-${callId}`;
}

/** A shell command as it is, anything else as JSON. */
function inputText(input: unknown): string {
  if (typeof input === "object" && input !== null && "command" in input && typeof input.command === "string") {
    return input.command;
  }
  return JSON.stringify(input, null, 1) ?? "";
}
