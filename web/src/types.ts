// The wire types of the server's own API that the page reads.

/** One agent in a list (`GET /v0/agents`). */
export interface AgentSummary {
  id: string;
  name: string;
  status: string;
  source: { repository?: string; ref?: string };
  target?: { branchName?: string; prUrl?: string };
  summary?: string;
  createdAt: string;
}

/** A page of agents, newest first. */
export interface AgentPage {
  agents: AgentSummary[];
  nextCursor?: string;
}

/** One run of an agent. */
export interface Run {
  id: string;
  number: number;
  mode: "agent" | "plan";
  model: string;
  state: RunState;
  attempt: number;
  cause?: string;
  message?: string;
  summary?: string;
  createdAt: string;
  startedAt?: string;
  endedAt?: string;
}

/** An agent with its runs (`GET /api/v1/agents/{id}`). */
export interface Agent {
  id: string;
  name: string;
  model: string;
  state: RunState;
  repositories: AgentRepository[];
  summary?: string;
  createdAt: string;
  updatedAt: string;
  archivedAt?: string;
  runs: Run[];
}

/** A repository that an agent works on, and what has come of it. */
export interface AgentRepository {
  repository: string;
  /** The folder of its checkout, if there are several. */
  folder?: string;
  baseRef?: string;
  branch?: string;
  head?: string;
  pullRequestUrl?: string;
}

export type RunState =
  | "queued"
  | "preparing"
  | "working"
  | "publishing"
  | "cancelling"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "expired";

/** Whether nothing follows a state. */
export function isFinal(state: RunState): boolean {
  return ["succeeded", "failed", "cancelled", "expired"].includes(state);
}

/** Whether a run in that state can be stopped. */
export function isStoppable(state: RunState): boolean {
  return ["queued", "preparing", "working"].includes(state);
}

export interface ToolCall {
  id: string;
  name: string;
  arguments: unknown;
}

export interface ToolResult {
  status: "ok" | "error" | "interrupted";
  text: string;
  exitStatus?: number;
}

/** What stands in front of every event. */
interface Header {
  seq: number;
  runId: string;
  attempt: number;
  at: string;
}

/** What happened; a server newer than the page may send other types, which are passed over. */
export type EventBody =
  | { type: "prompt"; text: string; imageCount?: number }
  | { type: "state_changed"; to: RunState; cause?: string; message?: string }
  | { type: "model_requested"; turn: number; model: string }
  | { type: "model_retried"; turn: number; reason: string; waitMs: number }
  | { type: "turn_restarted"; turn: number; reason: string }
  | { type: "text_delta"; turn: number; text: string }
  | { type: "thinking_delta"; turn: number; text: string }
  | { type: "thinking"; turn: number; text: string }
  | { type: "text"; turn: number; text: string }
  | { type: "tool_called"; turn: number; call: ToolCall }
  | { type: "answer_ended"; turn: number }
  | { type: "tool_output"; callId: string; text: string }
  | { type: "tool_finished"; callId: string; result: ToolResult; tookMs: number }
  | { type: "nudged"; turn: number; text: string }
  | { type: "limit_reached"; limit: string }
  | { type: "workspace_prepared"; repository: string; base: string; branch: string }
  | { type: "committed"; repository: string; commit: string; subject: string; fileCount: number; insertions: number; deletions: number }
  | { type: "nothing_to_publish"; repository: string }
  | { type: "pushed"; repository: string; branch: string; commit: string }
  | { type: "pull_request_opened"; repository: string; number: number; url: string }
  | { type: "network_used"; host: string; verdict: "allowed" | "refused" | "failed"; reason?: string; count: number; sentBytes: number; receivedBytes: number }
  | { type: "note"; text: string };

export type Event = Header & EventBody;
