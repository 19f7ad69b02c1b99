// How long long things take. The figures are printed; the ceilings are what people were promised.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openPage, signIn, startBrowser } from "./support/browser";
import { AGENT_ID, agentOf, streamed, streamOf } from "./support/fake-api";
import { startFront } from "./support/front";
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

const EVENTS = 20_000;
const AGENTS = 10_000;
const CREATED_LAST = Date.parse("2026-05-02T08:00:00.000Z");
const OPENS_MS = 1000;
/** People notice nothing below. */
const ANSWERS_MS = 200;

function json(body: object): { type: string; body: string } {
  return { type: "application/json", body: JSON.stringify(body) };
}

function listOf(agents: readonly object[]): object {
  return { agents, total: agents.length };
}

function manyEvents(): object[] {
  const events: object[] = [{ type: "prompt", text: "Do a lot", imageCount: 0 }];
  for (let turn = 1; events.length < EVENTS - 1; turn += 1) {
    const id = `call-${turn}`;
    events.push(
      { type: "model_requested", turn, model: "m" },
      { type: "text", turn, text: `Step **${turn}**: now the next file, \`src/file-${turn}.rs\`.` },
      { type: "tool_called", turn, call: { id, name: "shell", arguments: { command: `cargo test file_${turn}` } } },
      { type: "answer_ended", turn, stop: "tool_use", usage: { input: 1000, output: 50, cacheRead: 0, cacheWrite: 0 } },
      { type: "tool_finished", callId: id, result: { status: "ok", text: `running ${turn} tests\n${"ok\n".repeat(10)}`, exitStatus: 0 }, tookMs: turn % 900 },
    );
  }
  return [...events.slice(0, EVENTS - 1), { type: "state_changed", to: "succeeded" }];
}

/** The longest time between two frames while something goes on. */
async function longestFrame(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const measured = { longest: 0, on: true };
    (window as unknown as { measured: typeof measured }).measured = measured;
    let last = performance.now();
    const frame = () => {
      const now = performance.now();
      measured.longest = Math.max(measured.longest, now - last);
      last = now;
      if (measured.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await act();
  return page.evaluate(() => {
    const { measured } = window as unknown as { measured: { longest: number; on: boolean } };
    measured.on = false;
    return measured.longest;
  });
}

/** Other programs on the machine are not what is measured: the best of so many counts. */
const TRIES = 3;

test(`a transcript of ${EVENTS} events opens within a second, and scrolls`, async () => {
  const stream = streamOf(manyEvents())(new URL(server.url));
  const front = await startFront(server.url, [
    [/\/events$/, () => ({ type: "text/event-stream", body: stream, holdOpen: () => undefined })],
    [new RegExp(`/agents/${AGENT_ID}$`), () => json(agentOf({ name: "A long one" }))],
  ]);
  const best = { opened: Number.POSITIVE_INFINITY, scrolled: Number.POSITIVE_INFINITY, typed: Number.POSITIVE_INFINITY };
  for (let each = 0; each < TRIES; each += 1) {
    const { page, context, faults } = await openPage(browser, front);
    await signIn(page, server.key);
    await page.waitForLoadState("networkidle");
    best.opened = Math.min(best.opened, await openLong(page));
    const scrolled = await longestFrame(page, () => wheel(page, -900));
    best.scrolled = Math.min(best.scrolled, scrolled);
    const typed = await longestFrame(page, () => page.getByLabel("Follow-up").pressSequentially("typed while it is there"));
    best.typed = Math.min(best.typed, typed);
    expect(await page.getByLabel("Follow-up").inputValue()).toBe("typed while it is there");
    expect(faults).toEqual([]);
    await context.close();
  }
  await front.stop();
  console.log(`${EVENTS} events: open after ${Math.round(best.opened)} ms; longest frame while scrolling ${Math.round(best.scrolled)} ms, while typing ${Math.round(best.typed)} ms`);
  expect(best.opened).toBeLessThanOrEqual(OPENS_MS);
  expect(Math.max(best.scrolled, best.typed)).toBeLessThanOrEqual(ANSWERS_MS);
});

/** An answer as agents write them, in pieces as models send them. */
const PIECES = Array.from({ length: 400 }, (_, n) => (n % 40 === 39 ? `\n\n## Part ${n}\n\n- one\n- **two**\n\n\`\`\`ts\nconst part = ${n};\n\`\`\`\n\n` : `word **${n}** and \`more_${n}\` of it `));
const PIECE_EVERY_MS = 8;

test(`a transcript of ${EVENTS} events grows without being felt`, async () => {
  const events = manyEvents().slice(0, -1);
  const stream = streamOf(events)(new URL(server.url));
  const last = `cargo test file_${events.filter((event) => "type" in event && event.type === "tool_called").length}`;
  let write: (more: string) => void = () => undefined;
  const front = await startFront(server.url, [
    [/\/events$/, () => ({ type: "text/event-stream", body: stream, holdOpen: (open) => void (write = open) })],
    [new RegExp(`/agents/${AGENT_ID}$`), () => json(agentOf({ name: "A long one", state: "working" }))],
  ]);
  let [grown, typed] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let each = 0; each < TRIES; each += 1) {
    const { page, context, faults } = await openPage(browser, front);
    await signIn(page, server.key);
    await page.goto(`/agents?id=${AGENT_ID}`);
    await page.getByText(last, { exact: true }).first().waitFor();
    let seq = events.length;
    const grow = async (turn: number) => {
      for (const text of PIECES) {
        write(streamed((seq += 1), { type: "text_delta", turn, text }));
        await new Promise((done) => setTimeout(done, PIECE_EVERY_MS));
      }
      const end = `The end of ${turn}`;
      write(streamed((seq += 1), { type: "text_delta", turn, text: end }));
      await page.getByText(end).waitFor();
    };
    grown = Math.min(grown, await longestFrame(page, () => grow(EVENTS)));
    const box = page.getByLabel("Follow-up");
    typed = Math.min(typed, await longestFrame(page, async () => void (await Promise.all([grow(EVENTS + 1), box.pressSequentially("typed while it grows")]))));
    expect(await box.inputValue()).toBe("typed while it grows");
    expect(faults).toEqual([]);
    await context.close();
  }
  await front.stop();
  console.log(`${EVENTS} events and ${PIECES.length} pieces, one each ${PIECE_EVERY_MS} ms: longest frame while they come ${Math.round(grown)} ms, while typing as well ${Math.round(typed)} ms`);
  expect(Math.max(grown, typed)).toBeLessThanOrEqual(ANSWERS_MS);
});

/** From the click on an agent to its last row on the screen. */
function openLong(page: Page): Promise<number> {
  return page.evaluate((id) => {
    const began = performance.now();
    history.pushState(null, "", `/agents?id=${id}`);
    window.dispatchEvent(new PopStateEvent("popstate"));
    return new Promise<number>((done) => {
      const look = () => (document.querySelector(".end.succeeded") === null ? requestAnimationFrame(look) : requestAnimationFrame(() => done(performance.now() - began)));
      look();
    });
  }, AGENT_ID);
}

async function wheel(page: Page, by: number): Promise<void> {
  await page.mouse.move(600, 400);
  for (let step = 0; step < 40; step += 1) await page.mouse.wheel(0, by);
}

test(`a list of ${AGENTS} agents stays responsive`, async () => {
  const all: Record<string, unknown>[] = Array.from({ length: AGENTS }, (_, n) => agentOf({ createdAt: new Date(CREATED_LAST - n * 1000).toISOString(), id: `bc-${String(n).padStart(8, "0")}-0000-4000-8000-000000000000`, name: `Agent number ${n}`, state: ["succeeded", "working", "failed"][n % 3] }));
  const front = await startFront(server.url, [
    [
      /\/api\/v1\/agents$/,
      (url) => {
        const after = url.searchParams.get("updatedAfter");
        if (after !== null) return json(listOf(all.filter((agent) => String(agent["updatedAt"]) > after)));
        const from = Number(url.searchParams.get("cursor") ?? 0);
        const size = Number(url.searchParams.get("limit") ?? 20);
        return json({ agents: all.slice(from, from + size), total: AGENTS, ...(from + size < AGENTS ? { nextCursor: String(from + size) } : {}) });
      },
    ],
    [/\/facets$/, () => json({ states: [{ value: "working", count: 3333 }], repositories: [], models: [] })],
  ]);
  const { page, context, faults } = await openPage(browser, front);
  await signIn(page, server.key);
  await page.goto("/agents");
  await page.getByRole("link", { name: "Agent number 0", exact: true }).waitFor();
  const last = page.getByRole("link", { name: `Agent number ${AGENTS - 1}`, exact: true });
  while ((await last.count()) === 0) await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  let frame = Number.POSITIVE_INFINITY;
  let keys = Number.POSITIVE_INFINITY;
  for (let each = 0; each < TRIES; each += 1) {
    frame = Math.min(frame, await longestFrame(page, () => wheel(page, -1500)));
    const walked = await longestFrame(page, async () => {
      await page.keyboard.press("j");
      for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowDown");
    });
    keys = Math.min(keys, walked);
  }
  let changed = Number.POSITIVE_INFINITY;
  for (let each = 0; each < TRIES; each += 1) {
    // Far from what is in sight, all over the list, and one that is in sight.
    const shown = await page.evaluate(() => [...document.querySelectorAll(".rows [data-main]")].find((row) => row.getBoundingClientRect().top > 300)?.textContent);
    const updatedAt = new Date(CREATED_LAST + (each + 1) * 3_600_000).toISOString();
    for (let other = 0; other < AGENTS; other += 200) Object.assign(all[other] ?? {}, { state: "queued", updatedAt });
    const name = `Another name, number ${each}`;
    Object.assign(all.find((agent) => agent["name"] === shown) ?? {}, { name, updatedAt });
    changed = Math.min(changed, await longestFrame(page, () => page.getByRole("link", { name, exact: true }).waitFor()));
  }
  const elements = await page.evaluate(() => document.querySelectorAll(".rows > li").length);
  console.log(`${AGENTS} agents: longest frame while scrolling ${Math.round(frame)} ms, by keys ${Math.round(keys)} ms, while some change ${Math.round(changed)} ms; ${elements} rows in the page`);
  expect(Math.max(frame, keys, changed)).toBeLessThanOrEqual(ANSWERS_MS);
  expect(elements).toBeLessThan(100);
  expect(faults).toEqual([]);
  await context.close();
  await front.stop();
});
