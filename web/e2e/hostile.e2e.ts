// Agent text is hostile. Every payload goes through every place that shows such text; nothing of it may run or leave the origin.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";

import { openPage, signIn, type Watched } from "./support/browser";
import { AGENT_ID, agentOf, given, streamOf } from "./support/fake-api";
import { startFront, type Given } from "./support/front";
import { agentWith, AT, diffOf, eventsOf, forbiddenElements, idOf, walk } from "./support/hostile";
import { EVIL, PAYLOADS } from "./support/payloads";
import type { Server } from "./support/server";
import { openStage } from "./support/stage";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  const stage = await openStage();
  ({ server, browser } = stage);
  return stage.close;
});

/** Some hundred texts in dozens of places take their time on a busy machine. */
const PATIENCE_MS = 300_000;
/** High, so that much is in sight at a time. */
const HIGH: BrowserContextOptions = { viewport: { width: 1280, height: 4000 } };
const BATCH = 60;

async function expectHarmless(where: string, { page, faults }: Watched): Promise<void> {
  expect({ where, faults, found: await forbiddenElements(page) }).toEqual({ where, faults: [], found: [] });
}

test("there are enough payloads", () => {
  expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(300);
});

test("the control: without the page's defence the same payloads run, and ask elsewhere", async () => {
  const bare = createServer((_, answered) => answered.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<!doctype html><main></main>"));
  await new Promise<void>((done) => bare.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(bare.address() as AddressInfo).port}`;
  const watched = await openPage(browser, { url });
  const { page, faults } = watched;
  await page.route(`${EVIL}/**`, (route) => route.abort());
  await page.goto("/");
  await page.evaluate((texts) => {
    for (const text of texts) {
      const place = document.createElement("div");
      document.querySelector("main")?.append(place);
      place.innerHTML = text;
    }
  }, PAYLOADS.filter((text) => !text.includes("http-equiv") && !text.includes("<base")));
  await expect.poll(() => faults.filter((fault) => fault.startsWith("script ran")).length, { timeout: 10_000 }).toBeGreaterThan(10);
  await expect.poll(() => faults.filter((fault) => fault.startsWith(`request: ${EVIL}`)).length, { timeout: 10_000 }).toBeGreaterThan(3);
  expect((await forbiddenElements(page)).length).toBeGreaterThan(100);
  await watched.context.close();
  bare.close();
}, PATIENCE_MS);

test("in transcripts", async () => {
  const streams = new Map<string, () => string>();
  for (let from = 0; from < PAYLOADS.length; from += BATCH) {
    const texts = PAYLOADS.slice(from, from + BATCH);
    const stream = streamOf(texts.flatMap((text, place) => eventsOf(text, from + place)));
    streams.set(idOf(from), () => stream(new URL(server.url)));
  }
  const front = await startFront(
    server.url,
    given([
      [/\/events$/, (url) => streams.get(/bc-[^/]+/.exec(url.pathname)?.[0] ?? "")?.()],
      [/\/agents\/bc-[^/]+$/, (url) => agentOf({ id: /bc-[^/]+/.exec(url.pathname)?.[0] })],
    ]),
  );
  const watched = await openPage(browser, front, HIGH);
  const { page } = watched;
  await signIn(page, server.key);
  for (const id of streams.keys()) {
    await page.goto(`/agents?id=${id}`);
    await page.locator(".transcript").waitFor();
    await walk(page);
    await expectHarmless(id, watched);
  }
  expect(await page.locator(".network").count()).toBeGreaterThan(0);
  await watched.context.close();
  await front.stop();
}, PATIENCE_MS);

const IDS = PAYLOADS.map((_, place) => idOf(place));

/** All lists of the server, each with all payloads. */
function allGiven(): Given {
  const agents = PAYLOADS.map((text, place) => agentWith(text, IDS[place]));
  const counted = (from: number) => PAYLOADS.slice(from, from + 100).map((value) => ({ value, count: 1 }));
  // The page asks again for each that is open, so there are fewer of them, with several texts each.
  const bundles = Array.from({ length: 40 }, (_, place) => PAYLOADS.filter((_, other) => other % 40 === place).join("\n"));
  const delivery = (place: number) => ({ id: `wh_${place}`, event: bundles[place], state: bundles[place], attemptCount: 1, createdAt: AT });
  const ofDelivery = (place: number) => {
    const text = bundles[place] ?? "";
    return { ...delivery(place), url: text, body: place % 2 === 0 ? text : JSON.stringify({ [text]: text }), dueAt: text, attempts: [{ number: 1, at: text, durationMs: 1, error: text, excerpt: text }] };
  };
  return given([
    [/\/api\/v1\/agents$/, (url) => ({ agents: url.searchParams.has("updatedAfter") ? [] : agents, total: agents.length })],
    [/\/facets$/, () => ({ states: counted(0), repositories: counted(100), models: counted(200) })],
    [/\/diff$/, () => diffOf(PAYLOADS)],
    [/\/artifacts$/, () => ({ items: PAYLOADS.map((text) => ({ path: `artifacts/${text}`, sizeBytes: 5, updatedAt: AT })) })],
    [/\/agents\/bc-[^/]+$/, (url) => agents.find((agent) => url.pathname.endsWith(String(agent["id"])))],
    [/\/usage$/, () => ({ totalUsage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 2 }, runs: [] })],
    [/\/events$/, streamOf([{ type: "model_requested", turn: 1, model: "m" }])],
    [/\/v1\/deliveries$/, () => ({ deliveries: bundles.map((_, place) => delivery(place)) })],
    [/\/deliveries\/wh_\d+$/, (url) => ofDelivery(Number(/\d+$/.exec(url.pathname)?.[0]))],
    [/\/v1\/webhooks$/, () => ({ webhooks: PAYLOADS.map((text, place) => ({ id: `ep_${place}`, url: text, statuses: [text], createdAt: AT, stoppedAt: AT })) })],
    [/\/v1\/secrets$/, () => ({ items: PAYLOADS.map((text, place) => ({ id: String(place), name: text, type: "runtime_secret", repos: [text], createdAt: AT, owner: { type: "team" } })), nextCursor: null })],
    [/\/v1\/models$/, () => ({ items: PAYLOADS.map((text) => ({ id: text, displayName: text, aliases: [text], parameters: [{ displayName: text, values: [{ displayName: text }] }] })) })],
    [/\/v1\/keys$/, () => ({ keys: PAYLOADS.map((text, place) => ({ id: String(place), name: text, kind: "user", scope: "read", projects: [text], addresses: [text], createdAt: text, expiresAt: text, current: false })) })],
    [
      /\/v1\/projects$/,
      () => ({ projects: PAYLOADS.map((text, place) => ({ id: text, repository: text, ref: text, alias: text, model: text, models: {}, branchPrefix: text, usesPerHour: 1, pullRequest: text, instructions: text, origin: place % 2 === 0 ? "added" : text })) }),
    ],
    [
      /\/v1\/server$/,
      () => ({
        version: PAYLOADS[0],
        publicUrl: PAYLOADS[1],
        startedAt: PAYLOADS[2],
        sandbox: { state: PAYLOADS[3], level: PAYLOADS[4] },
        queue: { waiting: 0, active: 0 },
        workers: PAYLOADS.map((text) => ({ id: text, busy: 0, embedded: false })),
        dialects: { cursorV0: true, cursorV1: true, mintlify: true, jules: true },
      }),
    ],
    [/\/v1\/doctor$/, () => ({ ok: false, checks: PAYLOADS.map((text) => ({ name: text, status: text, found: text, remedy: text })) })],
  ]);
}

test("in lists, diffs, names of files, settings and their dialogs", async () => {
  const front = await startFront(server.url, allGiven());
  const watched = await openPage(browser, front, HIGH);
  const { page } = watched;
  await signIn(page, server.key);
  const agent = `/agents?id=${AGENT_ID.replace(/1$/, "0")}`;
  const places: readonly (readonly [string, string])[] = [
    ["/agents", ".agent-row"],
    ["/agents?group=repository", ".group"],
    [`${agent}&tab=changes`, "section.file"],
    [`${agent}&tab=files`, "li.card"],
    [`${agent}&tab=usage`, ".usage tbody tr"],
    ["/settings/keys", "tbody tr"],
    ["/settings/projects", "tbody tr"],
    ["/settings/secrets", "tbody tr"],
    ["/settings/models", "tbody tr"],
    ["/settings/server", ".findings li"],
    ["/settings/webhooks", "li.delivery"],
  ];
  for (const [place, row] of places) {
    await page.goto(place);
    await page.locator(row).first().waitFor().catch(async () => expect.fail(`${place} does not show: ${(await page.locator("body").innerText()).slice(0, 500)} ${watched.faults.join(" ")}`));
    await walk(page);
    await expectHarmless(place, watched);
    await lookIntoDialogs(page, () => expectHarmless(`a dialog of ${place}`, watched));
  }
  await watched.context.close();
  await front.stop();
}, PATIENCE_MS);

/** Each that asks before it removes something names it. */
async function lookIntoDialogs(page: Page, look: () => Promise<void>): Promise<void> {
  const asks = page.locator("td button.danger");
  for (let place = 0; place < (await asks.count()); place += 80) {
    await asks.nth(place).click();
    await page.getByRole("dialog").waitFor();
    await look();
    await page.keyboard.press("Escape");
  }
}
