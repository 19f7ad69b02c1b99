// How long long things take. The figures are printed; the ceilings are what people were promised.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openPage, signIn, startBrowser } from "./support/browser";
import { AGENT_ID, agentOf, answer, streamOf } from "./support/fake-api";
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
const OPENS_MS = 1000;
/** People notice nothing below. */
const ANSWERS_MS = 200;

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

test(`a transcript of ${EVENTS} events opens within a second, and scrolls`, async () => {
  const { page, context, faults } = await openPage(browser, server);
  await signIn(page, server.key);
  const events = manyEvents();
  const serve = streamOf(events);
  await answer(page, [
    [/\/events$/, serve],
    [new RegExp(`/agents/${AGENT_ID}$`), () => agentOf({ name: "A long one" })],
  ]);
  await page.evaluate((id) => {
    const began = performance.now();
    history.pushState(null, "", `/agents?id=${id}`);
    window.dispatchEvent(new PopStateEvent("popstate"));
    const opened = new Promise<number>((done) => {
      const look = () => (document.querySelector(".end.succeeded") === null ? requestAnimationFrame(look) : requestAnimationFrame(() => done(performance.now() - began)));
      look();
    });
    (window as unknown as { opened: Promise<number> }).opened = opened;
  }, AGENT_ID);
  const opened = await page.evaluate(() => (window as unknown as { opened: Promise<number> }).opened);
  const frame = await longestFrame(page, async () => {
    for (let step = 0; step < 40; step += 1) {
      await page.mouse.move(600, 400);
      await page.mouse.wheel(0, -900);
    }
  });
  const typed = await longestFrame(page, () => page.getByLabel("Follow-up").pressSequentially("typed while it is there"));
  console.log(`${EVENTS} events: open after ${Math.round(opened)} ms; longest frame while scrolling ${Math.round(frame)} ms, while typing ${Math.round(typed)} ms`);
  expect(await page.getByLabel("Follow-up").inputValue()).toBe("typed while it is there");
  expect(opened).toBeLessThanOrEqual(OPENS_MS);
  expect(frame).toBeLessThanOrEqual(ANSWERS_MS);
  expect(faults).toEqual([]);
  await context.close();
});

test(`a list of ${AGENTS} agents stays responsive`, async () => {
  const { page, context, faults } = await openPage(browser, server);
  await signIn(page, server.key);
  const all = Array.from({ length: AGENTS }, (_, n) => agentOf({ id: `bc-${String(n).padStart(8, "0")}-0000-4000-8000-000000000000`, name: `Agent number ${n}`, state: ["succeeded", "working", "failed"][n % 3] }));
  await answer(page, [
    [
      /\/api\/v1\/agents$/,
      (url) => {
        if (url.searchParams.has("updatedAfter")) return { agents: [], total: 0 };
        const from = Number(url.searchParams.get("cursor") ?? 0);
        const size = Number(url.searchParams.get("limit") ?? 20);
        return { agents: all.slice(from, from + size), total: AGENTS, ...(from + size < AGENTS ? { nextCursor: String(from + size) } : {}) };
      },
    ],
    [/\/facets$/, () => ({ states: [{ value: "working", count: 3333 }], repositories: [], models: [] })],
  ]);
  await page.goto("/agents");
  await page.getByRole("link", { name: "Agent number 0", exact: true }).waitFor();
  const last = page.getByRole("link", { name: `Agent number ${AGENTS - 1}`, exact: true });
  while ((await last.count()) === 0) await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  const frame = await longestFrame(page, async () => {
    for (let step = 0; step < 40; step += 1) {
      await page.mouse.move(600, 400);
      await page.mouse.wheel(0, -1500);
    }
  });
  const keys = await longestFrame(page, async () => {
    await page.keyboard.press("j");
    for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowDown");
  });
  const elements = await page.evaluate(() => document.querySelectorAll(".rows > li").length);
  console.log(`${AGENTS} agents: longest frame while scrolling ${Math.round(frame)} ms, by keys ${Math.round(keys)} ms; ${elements} rows in the page`);
  expect(Math.max(frame, keys)).toBeLessThanOrEqual(ANSWERS_MS);
  expect(elements).toBeLessThan(100);
  expect(faults).toEqual([]);
  await context.close();
});
