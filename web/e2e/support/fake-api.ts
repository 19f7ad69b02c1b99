// Answers of the server that no real run gives at will: hostile, or huge. What is not named here goes to the real one.

import type { Page } from "playwright-core";

import type { Given } from "./front";

type Body = object | string;
type Answers = readonly (readonly [RegExp, (url: URL) => Body | undefined])[];

function typeOf(body: string): string {
  return body.startsWith("id:") ? "text/event-stream" : "text/plain; charset=utf-8";
}

/** The same for a front: quicker for many pages than the browser's interception, which turns its cache off. */
export function given(answers: Answers): Given {
  return answers.map(([pattern, make]) => [
    pattern,
    (url) => {
      const body = make(url);
      if (body === undefined) return undefined;
      return typeof body === "string" ? { type: typeOf(body), body } : { type: "application/json", body: JSON.stringify(body) };
    },
  ]);
}

/** Answers GET requests whose path a key matches; undefined leaves it to the server. */
export async function answer(page: Page, answers: Answers): Promise<void> {
  await page.route("**/*", async (route) => {
    const url = new URL(route.request().url());
    const found = answers.find(([pattern]) => pattern.test(url.pathname));
    const body = route.request().method() === "GET" ? found?.[1](url) : undefined;
    if (body === undefined) {
      await route.fallback();
      return;
    }
    if (typeof body === "string") await route.fulfill({ contentType: typeOf(body), body });
    else await route.fulfill({ json: body });
  });
}

/** One event as a stream has it. */
export function streamed(seq: number, event: object): string {
  return `id:${seq}\ndata:${JSON.stringify({ seq, runId: "run", attempt: 1, at: "2026-05-02T08:00:00.000Z", ...event })}\n\n`;
}

/** A stream of events; it ends at once, and the page comes back for more of nothing. */
export function streamOf(events: readonly object[]): (url: URL) => string {
  const body = events.map((event, place) => streamed(place + 1, event)).join("");
  let served = false;
  return () => {
    if (served) return "id: \n\n";
    served = true;
    return body;
  };
}

/** Refuses whatever would change something, with that sentence. */
export async function refuse(page: Page, detail: () => string): Promise<void> {
  await page.route("**/*", async (route) => {
    if (route.request().method() === "GET") await route.fallback();
    else await route.fulfill({ status: 409, contentType: "application/problem+json", json: { status: 409, code: detail(), title: detail(), detail: detail() } });
  });
}

export const AGENT_ID = "bc-00000000-0000-4000-8000-000000000001";

export function agentOf(more: object = {}): Record<string, unknown> {
  return {
    id: AGENT_ID,
    name: "An agent",
    model: "script",
    state: "succeeded",
    repositories: [{ repository: "https://git.example.com/acme/tools", branch: "outwork/x", head: "a".repeat(40) }],
    createdAt: "2026-05-02T08:00:00.000Z",
    updatedAt: "2026-05-02T08:05:00.000Z",
    runs: [{ id: "run", number: 1, mode: "agent", model: "script", requestId: "r", state: "succeeded", attempt: 1, createdAt: "2026-05-02T08:00:00.000Z" }],
    ...more,
  };
}
