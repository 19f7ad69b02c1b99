import { expect, test } from "vitest";

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
