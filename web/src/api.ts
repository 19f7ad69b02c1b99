// The page's way to the server: JSON, a diff, and a stream of events that goes on by itself.

import { SseParser } from "./sse";
import type { Agent, AgentPage, Event } from "./types";

/** The server answered, but not with what was asked for. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a stream of events tells its reader. */
export interface Follower {
  events(events: Event[]): void;
  connection(state: "live" | "lost"): void;
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10_000;

export class Api {
  constructor(
    private readonly key: string,
    private readonly send: typeof fetch = (input, init) => fetch(input, init),
    private readonly sleep: (millis: number) => Promise<void> = (millis) => new Promise((done) => setTimeout(done, millis)),
  ) {}

  agents(cursor?: string): Promise<AgentPage> {
    const query = new URLSearchParams({ limit: "50", ...(cursor === undefined ? {} : { cursor }) });
    return this.json(`/v0/agents?${query}`);
  }

  agent(id: string): Promise<Agent> {
    return this.json(agentPath(id));
  }

  async diff(id: string): Promise<string> {
    const response = await this.call(`${agentPath(id)}/diff`);
    return response.text();
  }

  async followUp(id: string, text: string): Promise<void> {
    await this.json(`/v0/agents/${encodeURIComponent(id)}/followup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: { text } }),
    });
  }

  async stop(id: string): Promise<void> {
    await this.json(`/v0/agents/${encodeURIComponent(id)}/stop`, { method: "POST" });
  }

  /**
   * Reads all events of an agent and then waits for more, until `signal` fires or the server refuses.
   * A broken stream is taken up again behind the last event, with a growing wait.
   */
  async follow(id: string, follower: Follower, signal: AbortSignal): Promise<void> {
    let last = 0;
    let wait = RETRY_FIRST_MS;
    while (!signal.aborted) {
      try {
        for await (const events of this.stream(id, last, signal)) {
          wait = RETRY_FIRST_MS;
          follower.connection("live");
          last = events.at(-1)?.seq ?? last;
          follower.events(events);
        }
      } catch (error) {
        if (error instanceof ApiError && error.status < 500 && error.status !== 429) throw error;
      }
      if (signal.aborted) return;
      follower.connection("lost");
      await this.sleep(wait);
      wait = Math.min(wait * 2, RETRY_MOST_MS);
    }
  }

  /** One connection: the events of each chunk that arrives. */
  private async *stream(id: string, after: number, signal: AbortSignal): AsyncGenerator<Event[]> {
    const headers = { accept: "text/event-stream", "last-event-id": String(after) };
    const response = await this.call(`${agentPath(id)}/events`, { headers, signal });
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    const parser = new SseParser();
    const decoder = new TextDecoder();
    yield [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const messages = parser.feed(decoder.decode(value, { stream: true }));
      if (messages.length > 0) yield messages.map((message) => JSON.parse(message.data) as Event);
    }
  }

  private async json<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await this.call(path, init);
    return (await response.json()) as T;
  }

  private async call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.key}`);
    const response = await this.send(path, { ...init, headers, credentials: "omit" });
    if (!response.ok) throw new ApiError(response.status, await reason(response));
    return response;
  }
}

function agentPath(id: string): string {
  return `/api/v1/agents/${encodeURIComponent(id)}`;
}

/** The sentence in an error's body, in whichever of the server's two shapes it comes. */
async function reason(response: Response): Promise<string> {
  const fallback = `The server answered ${response.status}`;
  try {
    const body = (await response.json()) as { detail?: string; title?: string; error?: { message?: string } };
    return body.detail ?? body.error?.message ?? body.title ?? fallback;
  } catch {
    return fallback;
  }
}
