import { afterEach, expect, test, vi } from "vitest";

import { ApiError } from "./error";
import { follow, type Connection, type World } from "./follow";
import type { Event } from "./types";

/** A server that gives one piece of a stream a connection, and notes from where it is asked. */
function worldOf(pieces: readonly (readonly number[] | Error | Response)[], stop: AbortController): World & { asked: string[]; waits: number[] } {
  const asked: string[] = [];
  const waits: number[] = [];
  return {
    asked,
    waits,
    fetch: (_, init) => {
      asked.push((init.headers as Record<string, string>)["last-event-id"] ?? "");
      const piece = pieces[asked.length - 1];
      if (piece instanceof Error) return Promise.reject(piece);
      if (piece instanceof Response) return Promise.resolve(piece);
      return Promise.resolve(new Response((piece ?? []).map((seq) => `id: ${seq}\ndata: {"seq":${seq},"type":"note","text":"x"}\n\n`).join("")));
    },
    sleep: (millis) => {
      waits.push(millis);
      if (asked.length >= pieces.length) stop.abort();
      return Promise.resolve();
    },
  };
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function followed(pieces: readonly (readonly number[] | Error | Response)[]) {
  const stop = new AbortController();
  const world = worldOf(pieces, stop);
  const seen: number[] = [];
  const states: Connection[] = [];
  await follow("bc-1", 0, { events: (events: Event[]) => seen.push(...events.map((event) => event.seq)), connection: (state) => states.push(state) }, stop.signal, world);
  return { seen, states, ...world };
}

test("a stream that broke is taken up behind its last event", async () => {
  const { seen, asked, states } = await followed([[1, 2], new TypeError("network"), [3]]);
  expect(seen).toEqual([1, 2, 3]);
  expect(asked).toEqual(["0", "2", "2"]);
  expect(states).toContain("lost");
});

test("waits grow while nothing comes, and are short again after an answer", async () => {
  const { waits } = await followed([new TypeError("1"), new TypeError("2"), new Response("{}", { status: 503 }), [1]]);
  expect(waits).toEqual([500, 1000, 2000, 500]);
});

test("what the server refuses is not asked again", async () => {
  await expect(followed([new Response('{"code":"agent_not_found"}', { status: 404 })])).rejects.toMatchObject({ status: 404, code: "agent_not_found" });
  await expect(followed([new Response("{}", { status: 401 })])).rejects.toBeInstanceOf(ApiError);
});

const GREETING = ": hello\n\n";

/** A body that comes in pieces, as a network brings them. */
function inPieces(...pieces: string[]): Response {
  const left = pieces.map((piece) => new TextEncoder().encode(piece));
  return new Response(
    new ReadableStream({
      pull: (stream) => {
        const piece = left.shift();
        if (piece === undefined) stream.close();
        else stream.enqueue(piece);
      },
    }),
  );
}

test("who takes connections only to close them is asked ever more seldom; a sign of life makes the wait short", async () => {
  expect((await followed([new Response(""), inPieces(GREETING), inPieces(GREETING), inPieces(GREETING)])).waits).toEqual([500, 1000, 2000, 4000]);
  expect((await followed([inPieces(GREETING), inPieces(GREETING), inPieces(GREETING, GREETING)])).waits).toEqual([500, 1000, 500]);
});

test("what is no event ends the stream with words, and is not asked for again and again", async () => {
  await expect(followed([inPieces("id: 1\ndata: <html>\n\n"), [1]])).rejects.toThrow("could not be read");
});

/** Follows with the real clock's stand-in and the browser's own events. */
function following(fetch: (init: RequestInit) => Promise<Response>) {
  vi.useFakeTimers();
  const asked = vi.fn((_: string, init: RequestInit) => fetch(init));
  vi.stubGlobal("fetch", asked);
  const stop = new AbortController();
  const states: Connection[] = [];
  const end = follow("bc-1", 0, { events: () => undefined, connection: (state) => states.push(state) }, stop.signal);
  return { asked, stop, states, end };
}

test("a connection that is silent for too long is given up for another", async () => {
  const { asked, stop, states, end } = following((init) => {
    const body = new ReadableStream({
      start: (stream) => {
        stream.enqueue(new TextEncoder().encode(GREETING));
        init.signal?.addEventListener("abort", () => stream.error(new DOMException("gone", "AbortError")));
      },
    });
    return Promise.resolve(new Response(body));
  });
  await vi.advanceTimersByTimeAsync(39_000);
  expect(states).toEqual(["live"]);
  expect(asked).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toHaveBeenCalledTimes(2);
  expect(states).toEqual(["live", "lost", "live"]);
  stop.abort();
  await end;
});

test("a long outage leaves no listeners behind, and ends when the browser is back on the network", async () => {
  const heard = new Set<unknown>();
  vi.spyOn(window, "addEventListener").mockImplementation((type, listener) => void (type === "online" && heard.add(listener)));
  vi.spyOn(window, "removeEventListener").mockImplementation((_, listener) => void heard.delete(listener));
  const { asked, stop, end } = following(() => Promise.reject(new TypeError("network")));
  await vi.advanceTimersByTimeAsync(3_600_000);
  const before = asked.mock.calls.length;
  expect(before).toBeGreaterThan(300);
  expect(heard.size).toBe(1);
  for (const listener of heard) (listener as () => void)();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveBeenCalledTimes(before + 1);
  stop.abort();
  await end;
  expect(heard.size).toBe(0);
});
