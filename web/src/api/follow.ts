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
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        window.removeEventListener("online", wake);
        done();
      };
      const timer = setTimeout(wake, millis);
      signal.addEventListener("abort", wake);
      window.addEventListener("online", wake);
    }),
};

/** The connection broke: nobody refused anything. */
class Cut extends Error {}

function orCut<Value>(work: Promise<Value>): Promise<Value> {
  return work.catch((cause: unknown) => {
    throw new Cut("the connection broke", { cause });
  });
}

/**
 * Reads all events of an agent behind `after` and then waits for more, until `signal` fires, the server refuses or sends what is no event.
 * A broken stream is taken up again behind the last event. The wait grows until something comes that is more than a greeting: whoever
 * takes connections only to close them is not asked all the time.
 */
export async function follow(id: string, after: number, follower: Follower, signal: AbortSignal, world: World = realWorld): Promise<void> {
  let last = after;
  let wait = RETRY_FIRST_MS;
  while (!signal.aborted) {
    try {
      let pieces = 0;
      for await (const events of connect(id, last, signal, world)) {
        pieces += 1;
        if (events.length > 0 || pieces > 1) wait = RETRY_FIRST_MS;
        follower.connection("live");
        last = events.at(-1)?.seq ?? last;
        if (events.length > 0) follower.events(events);
      }
    } catch (error) {
      const mayPass = error instanceof Cut || (error instanceof ApiError && (error.status >= 500 || error.status === 429));
      if (!mayPass) throw error;
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
    const headers = { ...OURS, accept: "text/event-stream", "last-event-id": String(after) };
    const response = await orCut(world.fetch(`/api/v1/agents/${encodeURIComponent(id)}/events`, { headers, credentials: "same-origin", signal: dead.signal }));
    if (!response.ok) throw errorOf(response.status, await response.json().catch(() => undefined));
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    const parser = new SseParser();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await orCut(reader.read());
      if (done) return;
      alive();
      const messages = parser.feed(decoder.decode(value, { stream: true }));
      yield messages.map((message) => eventOf(message.data));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    end();
  }
}

function eventOf(data: string): Event {
  try {
    return JSON.parse(data) as Event;
  } catch {
    throw new Error("Something between this page and the server changes what the server sends: an event could not be read.");
  }
}
