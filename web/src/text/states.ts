// The states of a run in words; docs/states.md is where they come from.

import type { RunState } from "../api/types";
import { entry } from "./entry";

export type Tone = "busy" | "good" | "bad" | "quiet";

interface Words {
  label: string;
  tone: Tone;
  meaning: string;
}

const STATES: Record<RunState, Words> = {
  queued: { label: "Queued", tone: "quiet", meaning: "Waits for a worker, or for its next try." },
  preparing: { label: "Preparing", tone: "busy", meaning: "The repository is fetched and the sandbox started." },
  working: { label: "Working", tone: "busy", meaning: "The model works in the sandbox." },
  publishing: { label: "Publishing", tone: "busy", meaning: "Commits are pushed and shown in a pull request." },
  cancelling: { label: "Stopping", tone: "busy", meaning: "Somebody asked to stop; what runs is being ended." },
  succeeded: { label: "Done", tone: "good", meaning: "Published, or there was nothing to publish." },
  failed: { label: "Failed", tone: "bad", meaning: "Ended with an error." },
  cancelled: { label: "Stopped", tone: "quiet", meaning: "Ended because somebody asked." },
  expired: { label: "Expired", tone: "bad", meaning: "Waited in the queue for longer than a day." },
};

export const ALL_STATES = Object.keys(STATES) as RunState[];

export function words(state: string): Words {
  return entry(STATES, state) ?? { label: state, tone: "quiet", meaning: "" };
}

const AWAITED: Record<string, string> = { approval: "its plan waits for your word", input: "it waits for your answer" };

/** For what an agent waits, in words. */
export function awaitedWords(awaiting: string | undefined): string | undefined {
  return awaiting === undefined ? undefined : entry(AWAITED, awaiting);
}

/** Whether nothing follows a state. */
export function isFinal(state: RunState): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled" || state === "expired";
}

/** Whether a run in that state can be stopped; a push may be out while publishing. */
export function isStoppable(state: RunState): boolean {
  return state === "queued" || state === "preparing" || state === "working";
}
