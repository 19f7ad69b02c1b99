import { afterEach, expect, test, vi } from "vitest";

import { api, take } from "./client";
import { follow } from "./follow";

afterEach(() => vi.unstubAllGlobals());

test("every request carries the page's mark and the session's cookie, and nothing else that signs it", async () => {
  const asked: Request[] = [];
  const fetch = (request: Request) => {
    asked.push(request);
    return Promise.resolve(Response.json({ items: [] }));
  };
  vi.stubGlobal("fetch", fetch);
  await take(api.GET("/v1/models"));
  await take(api.POST("/api/v1/session", { body: { apiKey: "key_x" } }));
  expect(asked.map(({ headers, credentials }) => ({ mark: headers.get("x-requested-with"), credentials, key: headers.get("authorization") }))).toEqual(
    asked.map(() => ({ mark: "outwork", credentials: "same-origin", key: null })),
  );
});

test("a stream carries it too", async () => {
  const stop = new AbortController();
  const inits: RequestInit[] = [];
  const world = {
    fetch: (_: string, init: RequestInit) => {
      inits.push(init);
      stop.abort();
      return Promise.resolve(new Response(""));
    },
    sleep: () => Promise.resolve(),
  };
  await follow("bc-1", 0, { events: () => undefined, connection: () => undefined }, stop.signal, world);
  expect(inits[0]).toMatchObject({ credentials: "same-origin", headers: { "x-requested-with": "outwork" } });
});
