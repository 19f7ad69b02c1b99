// An agent's events as they happen: read from a place on, taken up again after every cut.

import { ApiError, errorOf } from "./error";
import { OURS } from "./ours";
import { SseParser } from "./sse";
import type { Event } from "./types";

export type Connection = "connecting" | "live" | "lost";

/** What a stream of events tells its reader. */
export interface Follower {
  events(events: Event[]): void;
  connection(state: Connection): void;
}

/** What the world does for a stream; tests bring their own. */
export interface World {
  fetch(path: string, init: RequestInit): Promise<Response>;
  sleep(millis: number, signal: AbortSignal): Promise<void>;
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10_000;
/** The server gives a sign of life every 15 seconds; a connection that is silent for longer is dead. */
const SILENCE_MOST_MS = 40_000;

const realWorld: World = {
  fetch: (path, init) => globalThis.fetch(path, init),
  sleep: (millis, signal) =>
    new Promise((done) => {
      const timer = setTimeout(done, millis);
      const wake = () => {
        clearTimeout(timer);
        done();
      };
      signal.addEventListener("abort", wake, { once: true });
      globalThis.addEventListener("online", wake, { once: true });
    }),
};

/**
 * Reads all events of an agent behind `after` and then waits for more, until `signal` fires or the server refuses.
 * A broken stream is taken up again behind the last event, with a growing wait.
 */
export async function follow(id: string, after: number, follower: Follower, signal: AbortSignal, world: World = realWorld): Promise<void> {
  let last = after;
  let wait = RETRY_FIRST_MS;
  while (!signal.aborted) {
    try {
      for await (const events of connect(id, last, signal, world)) {
        wait = RETRY_FIRST_MS;
        follower.connection("live");
        last = events.at(-1)?.seq ?? last;
        if (events.length > 0) follower.events(events);
      }
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) throw error;
    }
    if (signal.aborted) return;
    follower.connection("lost");
    await world.sleep(wait, signal);
    wait = Math.min(wait * 2, RETRY_MOST_MS);
  }
}

/** One connection: the events of each piece that arrives; empty pieces are signs of life. */
async function* connect(id: string, after: number, signal: AbortSignal, world: World): AsyncGenerator<Event[]> {
  const dead = new AbortController();
  const end = () => dead.abort();
  signal.addEventListener("abort", end);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(end, SILENCE_MOST_MS);
  };
  try {
    alive();
    const response = await world.fetch(`/api/v1/agents/${encodeURIComponent(id)}/events`, {
      headers: { ...OURS, accept: "text/event-stream", "last-event-id": String(after) },
      credentials: "same-origin",
      signal: dead.signal,
    });
    if (!response.ok) throw errorOf(response.status, await response.json().catch(() => undefined));
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    const parser = new SseParser();
    const decoder = new TextDecoder();
    yield [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      const messages = parser.feed(decoder.decode(value, { stream: true }));
      yield messages.map((message) => JSON.parse(message.data) as Event);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    end();
  }
}
