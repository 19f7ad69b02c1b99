// Agent text is hostile. Every payload goes through every place that shows such text; nothing of it may run or leave the origin.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openPage, signIn, startBrowser } from "./support/browser";
import { AGENT_ID, agentOf, answer, streamOf } from "./support/fake-api";
import { PAYLOADS } from "./support/payloads";
import { startServer, type Server } from "./support/server";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const BATCH = 40;
/** Some hundred texts in a dozen places take their time on a busy machine. */
const PATIENCE_MS = 600_000;

/** Every kind of row, each with the payload wherever a text stands. */
function eventsOf(text: string, place: number): object[] {
  const callId = `call-${place}`;
  return [
    { type: "prompt", text, imageCount: 0 },
    { type: "workspace_prepared", repository: text, base: text, branch: text },
    { type: "model_requested", turn: place, model: text },
    { type: "thinking", turn: place, text },
    { type: "text", turn: place, text },
    { type: "tool_called", turn: place, call: { id: callId, name: text, arguments: { command: text, [text]: text } } },
    { type: "tool_output", callId, text },
    { type: "tool_finished", callId, result: { status: "error", text, exitStatus: 1 }, tookMs: 1 },
    { type: "tool_called", turn: place, call: { id: `${callId}-2`, name: "other", arguments: { path: text, text } } },
    { type: "nudged", turn: place, text },
    { type: "limit_reached", limit: text },
    { type: "model_retried", turn: place, reason: text, waitMs: 1 },
    { type: "turn_restarted", turn: place, reason: text },
    { type: "committed", repository: text, commit: text, subject: text, fileCount: 1, insertions: 1, deletions: 1 },
    { type: "pushed", repository: text, branch: text, commit: text },
    { type: "pull_request_opened", repository: text, number: 1, url: text },
    { type: "note", text },
    { type: "text_delta", turn: place + 100_000, text },
    { type: "state_changed", to: "failed", cause: text, message: text },
  ];
}

function agentWith(text: string, id = AGENT_ID): Record<string, unknown> {
  return agentOf({
    id,
    name: text,
    model: text,
    summary: text,
    state: "failed",
    lastError: { cause: text, message: text },
    repositories: [{ repository: text, folder: text, baseRef: text, branch: text, head: "a".repeat(40), pullRequestUrl: text, pullRequestState: text }],
    runs: [{ id: "run", number: 1, mode: "agent", model: text, requestId: "r", state: "failed", attempt: 1, cause: text, message: text, summary: text, createdAt: "2026-05-02T08:00:00.000Z" }],
  });
}

function quoted(name: string): string {
  return `"${[...new TextEncoder().encode(name)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}"`;
}

function diffOf(texts: readonly string[]): string {
  return texts
    .map((text) => {
      const [old, fresh] = [quoted(`a/${text}`), quoted(`b/${text}`)];
      const lines = text.split("\n");
      return [`diff --git ${old} ${fresh}`, `--- ${old}`, `+++ ${fresh}`, `@@ -1,1 +1,${lines.length} @@ ${lines[0]}`, "-gone", ...lines.map((line) => `+${line}`), ""].join("\n");
    })
    .join("");
}

async function walk(page: Page): Promise<void> {
  // Down by screens, so that every row was there once; what is folded is opened.
  await page.evaluate(() => window.scrollTo(0, 0));
  for (let step = 0; step < 400; step += 1) {
    await page.evaluate(() => {
      // Once each: opening one may close another.
      for (const button of document.querySelectorAll<HTMLElement>("button.fold[aria-expanded=false]:not([data-seen])")) {
        button.dataset["seen"] = "";
        button.click();
      }
    });
    const isDone = await page.evaluate(() => {
      const before = window.scrollY;
      window.scrollBy(0, 700);
      return window.scrollY === before;
    });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    if (isDone) return;
  }
}

async function forbiddenElements(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll("main script, main iframe, main object, main embed, main style, main link, main base, main meta, main form[action], main video, main audio")) found.push(element.outerHTML);
    for (const element of document.querySelectorAll("main *")) {
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on") || (["href", "src", "action", "formaction", "xlink:href"].includes(name) && !/^(https?:\/\/|\/|#|data:image\/(png|jpeg|gif|webp)|blob:)/.test(value))) found.push(`${element.tagName} ${name}=${value}`);
      }
    }
    return found;
  });
}

test("there are enough payloads", () => {
  expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(300);
});

test("in transcripts", async () => {
  for (let from = 0; from < PAYLOADS.length; from += BATCH) {
    const texts = PAYLOADS.slice(from, from + BATCH);
    const { page, context, faults } = await openPage(browser, server);
    await signIn(page, server.key);
    await answer(page, [
      [/\/events$/, streamOf(texts.flatMap((text, place) => eventsOf(text, from + place)))],
      [new RegExp(`/agents/${AGENT_ID}$`), () => agentWith(texts[0] ?? "")],
    ]);
    await page.goto(`/agents?id=${AGENT_ID}`);
    await page.locator(".transcript").waitFor();
    await walk(page);
    expect({ from, faults, found: await forbiddenElements(page) }).toEqual({ from, faults: [], found: [] });
    await context.close();
  }
}, PATIENCE_MS);

test("in lists, heads, diffs, names of files and artifacts", async () => {
  const { page, context, faults } = await openPage(browser, server);
  await signIn(page, server.key);
  const agents = PAYLOADS.map((text, place) => agentWith(text, `bc-${String(place).padStart(8, "0")}-0000-4000-8000-000000000000`));
  await answer(page, [
    [/\/api\/v1\/agents$/, (url) => ({ agents: url.searchParams.has("updatedAfter") ? [] : agents, total: agents.length })],
    [/\/facets$/, () => ({ states: [{ value: "failed", count: 1 }], repositories: PAYLOADS.slice(0, 100).map((value) => ({ value, count: 1 })), models: PAYLOADS.slice(0, 100).map((value) => ({ value, count: 1 })) })],
    [/\/diff$/, () => diffOf(PAYLOADS)],
    [/\/artifacts$/, () => ({ items: PAYLOADS.map((text) => ({ path: `artifacts/${text}`, sizeBytes: 5, updatedAt: "2026-05-02T08:00:00.000Z" })) })],
    [/\/agents\/bc-[^/]+$/, (url) => agents.find((agent) => url.pathname.endsWith(String(agent["id"]))) ?? {}],
    [/\/events$/, streamOf([{ type: "note", text: "x" }])],
    [/\/v1\/deliveries$/, () => ({ deliveries: PAYLOADS.slice(0, 49).map((text, place) => ({ id: `wh_${place}`, event: text, state: text, attemptCount: 1, createdAt: "2026-05-02T08:00:00.000Z" })) })],
    [/\/deliveries\/wh_\d+$/, () => ({ id: "wh_1", event: "x", state: "given_up", attemptCount: 1, createdAt: "2026-05-02T08:00:00.000Z", url: PAYLOADS[0], body: PAYLOADS.join("\n"), attempts: PAYLOADS.map((text, place) => ({ number: place, at: "2026-05-02T08:00:00.000Z", durationMs: 1, error: text, excerpt: text })) })],
    [/\/v1\/webhooks$/, () => ({ webhooks: PAYLOADS.map((text, place) => ({ id: `ep_${place}`, url: text, statuses: [text], createdAt: "2026-05-02T08:00:00.000Z" })) })],
    [/\/v1\/secrets$/, () => ({ items: PAYLOADS.map((text, place) => ({ id: String(place), name: text, type: "runtime_secret", repos: [text], createdAt: "2026-05-02T08:00:00.000Z", owner: { type: "team" } })), nextCursor: null })],
    [/\/v1\/models$/, () => ({ items: PAYLOADS.map((text) => ({ id: text, displayName: text, aliases: [text] })) })],
    [/\/v1\/repositories$/, () => ({ items: PAYLOADS.map((url) => ({ url })) })],
    [/\/v1\/keys$/, () => ({ keys: PAYLOADS.map((text, place) => ({ id: String(place), name: text, kind: "user", scope: "read", projects: [text], addresses: [text], createdAt: text })) })],
    [/\/v1\/projects$/, () => ({ projects: PAYLOADS.map((text) => ({ id: text, repository: text, ref: text, alias: text, model: text })) })],
    [/\/v1\/server$/, () => ({ version: PAYLOADS[0], publicUrl: PAYLOADS[1], startedAt: PAYLOADS[2], sandbox: { level: PAYLOADS[3] }, queue: { waiting: 0, active: 0 }, workers: PAYLOADS.map((text) => ({ id: text, name: text, slots: 1, busy: 0, lastSeenAt: text })) })],
    [/\/v1\/doctor$/, () => ({ ok: false, checks: PAYLOADS.map((text) => ({ name: text, status: "missing", found: text, remedy: text })) })],
  ]);
  const id = agents[0]?.["id"];
  const places = ["/agents", "/agents?group=repository", `/agents?id=${id}&tab=changes`, `/agents?id=${id}&tab=files`, `/agents?id=${id}&tab=usage`, "/launch", ...["keys", "projects", "secrets", "webhooks", "models", "server"].map((name) => `/settings/${name}`)];
  for (const place of places) {
    await page.goto(place);
    await page.locator("main h1").first().waitFor().catch(async () => expect.fail(`${place} does not show: ${await page.locator("body").innerText()}`));
    if (place === "/launch") await page.getByRole("combobox", { name: "Repository" }).fill("e");
    await walk(page);
    expect({ place, faults, found: await forbiddenElements(page) }).toEqual({ place, faults: [], found: [] });
  }
  await context.close();
}, PATIENCE_MS);

test("in heads, one by one", async () => {
  const { page, context, faults } = await openPage(browser, server);
  await signIn(page, server.key);
  let text = "";
  await answer(page, [
    [/\/events$/, () => "id: \n\n"],
    [/\/agents\/bc-[^/]+$/, () => agentWith(text)],
  ]);
  for (const each of PAYLOADS.filter((_, place) => place % 5 === 0)) {
    text = each;
    await page.goto(`/agents?id=${AGENT_ID}`);
    await page.locator(".agent-head h1").waitFor();
    expect({ each, faults, found: await forbiddenElements(page) }).toEqual({ each, faults: [], found: [] });
  }
  await context.close();
}, PATIENCE_MS);
