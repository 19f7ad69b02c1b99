// What a transcript consists of on the page.

import type { RunState } from "../../api/types";

export interface PromptItem {
  kind: "prompt";
  key: string;
  runId: string;
  /** The how-manieth prompt it is, from 1. */
  number: number;
  text: string;
  imageCount: number;
  at: string;
}

export interface StateItem {
  kind: "state";
  key: string;
  to: RunState;
  cause: string | undefined;
  message: string | undefined;
  /** How long the run took until there, if it is an end. */
  tookMs: number | undefined;
}

/** A run that ended before it began: what it was to do is with the agent's runs. */
export interface UnbegunItem {
  kind: "unbegun";
  key: string;
  runId: string;
  to: RunState;
  cause: string | undefined;
  message: string | undefined;
}

export interface AnswerItem {
  kind: "answer";
  key: string;
  what: "text" | "thinking";
  text: string;
  streams: boolean;
  tookMs?: number;
}

export interface ToolItem {
  kind: "tool";
  key: string;
  /** The turn of its run in which the model asked for it. */
  turn: number;
  name: string;
  arguments: unknown;
  output: string;
  /** `stopped`: its run or its attempt is over, and no result came. */
  status: "running" | "ok" | "error" | "interrupted" | "stopped";
  exitStatus: number | undefined;
  startedAt: string;
  /** Absent while it runs, and if nobody knows. */
  tookMs: number | undefined;
}

export interface NoticeItem {
  kind: "notice";
  key: string;
  tone: "plain" | "warning";
  text: string;
}

export interface CommitItem {
  kind: "commit";
  key: string;
  commit: string;
  subject: string;
  fileCount: number;
  insertions: number;
  deletions: number;
}

export interface PullRequestItem {
  kind: "pull-request";
  key: string;
  number: number;
  url: string;
}

export interface NetworkItem {
  kind: "network";
  key: string;
  host: string;
  verdict: "refused" | "failed";
  /** What the proxy said about it, with what opens the host. */
  reason: string | undefined;
  count: number;
}

export type Item = PromptItem | StateItem | UnbegunItem | AnswerItem | ToolItem | NoticeItem | CommitItem | PullRequestItem | NetworkItem;

/** One request to the model and its answer, as the chart of usage shows it. */
export interface Turn {
  runId: string;
  number: number;
  startedAt: number;
  /** Absent while the answer is awaited. */
  modelMs: number | undefined;
  toolMs: number;
  inputTokens: number;
  outputTokens: number;
}
