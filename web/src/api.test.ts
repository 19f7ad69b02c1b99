import { describe, expect, it } from "vitest";

import { Api, ApiError } from "./api";
import type { Event } from "./types";

function streamOf(...seqs: number[]): Response {
  const text = seqs.map((seq) => `id: ${seq}\nevent: note\ndata: {"seq":${seq},"type":"note","text":"n"}\n\n`).join("");
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

function problem(status: number, detail: string): Response {
  return new Response(JSON.stringify({ detail }), { status });
}

/** A server that gives the answers in turn, and a record of what it was asked. */
function server(...answers: (Response | Error)[]) {
  const asked: Request[] = [];
  const send: typeof fetch = (input, init) => {
    asked.push(new Request(new URL(String(input), "http://server"), init));
    const answer = answers.shift() ?? problem(404, "nothing left");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const waits: number[] = [];
  const sleep = (millis: number) => {
    waits.push(millis);
    return Promise.resolve();
  };
  return { api: new Api("key_1", send, sleep), asked, waits };
}

describe("follow", () => {
  it("takes a broken stream up behind the last event", async () => {
    const { api, asked, waits } = server(streamOf(1, 2), new TypeError("network"), streamOf(3));
    const seen: number[] = [];
    const connection: string[] = [];
    const follower = {
      events: (events: Event[]) => seen.push(...events.map((event) => event.seq)),
      connection: (state: string) => connection.push(state),
    };
    await expect(api.follow("bc-1", follower, new AbortController().signal)).rejects.toThrow("nothing left");
    expect(seen).toEqual([1, 2, 3]);
    expect(asked.map((request) => request.headers.get("last-event-id"))).toEqual(["0", "2", "2", "3"]);
    expect(asked[0]?.headers.get("authorization")).toBe("Bearer key_1");
    expect(waits).toEqual([500, 1000, 500]);
    expect(connection.at(-1)).toBe("lost");
  });

  it("stops at a refusal and says why", async () => {
    const { api } = server(problem(401, "no such key"));
    const nobody = { events: () => {}, connection: () => {} };
    const failure = api.follow("bc-1", nobody, new AbortController().signal);
    await expect(failure).rejects.toEqual(new ApiError(401, "no such key"));
  });
});

describe("calls", () => {
  it("escapes ids and sends prompts as JSON", async () => {
    const { api, asked } = server(new Response('{"id":"bc-1"}'));
    await api.followUp("a/b", "go on");
    expect(asked[0]?.url).toBe("http://server/v0/agents/a%2Fb/followup");
    expect(await asked[0]?.json()).toEqual({ prompt: { text: "go on" } });
  });

  it("reads the sentence of either error shape", async () => {
    const { api } = server(new Response('{"error":{"code":"x","message":"old shape"}}', { status: 409 }), new Response("<html>", { status: 502 }));
    await expect(api.stop("bc-1")).rejects.toThrow("old shape");
    await expect(api.stop("bc-1")).rejects.toThrow("The server answered 502");
  });
});
