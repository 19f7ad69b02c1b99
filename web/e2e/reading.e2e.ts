// How a transcript is read: followed, left, come back to, and walked through by keys.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openPage, signIn, startBrowser } from "./support/browser";
import { AGENT_ID, agentOf, streamOf } from "./support/fake-api";
import { startFront, type Front } from "./support/front";
import { startServer, type Server } from "./support/server";

let server: Server;
let browser: Browser;
let front: Front;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  const events = Array.from({ length: 400 }, (_, n) => ({ type: "tool_called", turn: n, call: { id: `call-${n}`, name: "shell", arguments: { command: `step ${n}` } } }));
  const ends = events.map((_, n) => ({ type: "tool_finished", callId: `call-${n}`, result: { status: "ok", text: "line\n".repeat(30), exitStatus: 0 }, tookMs: 1 }));
  const stream = streamOf([{ type: "text", turn: 0, text: `${"> ".repeat(10_000)}hostile` }, ...events, ...ends])(new URL(server.url));
  front = await startFront(server.url, [
    [/\/events$/, () => ({ type: "text/event-stream", body: stream, holdOpen: () => undefined })],
    [new RegExp(`/agents/${AGENT_ID}$`), () => ({ type: "application/json", body: JSON.stringify(agentOf({ name: "A long one" })) })],
    [/\/diff$/, () => ({ type: "text/plain", body: "" })],
  ]);
});

afterAll(async () => {
  await front?.stop();
  await browser?.close();
  await server?.stop();
});

const bottom = (page: Page) => page.evaluate(() => Math.round(document.documentElement.scrollHeight - window.scrollY - window.innerHeight));

/** What is read: the first row below the bar, and where it stands. */
const placeOf = (page: Page) =>
  page.evaluate(() => {
    const below = document.querySelector(".agent-bar")?.getBoundingClientRect().bottom ?? 0;
    const rows = [...document.querySelectorAll<HTMLElement>('.transcript > [role="listitem"]')].map((row) => ({ words: row.innerText.split("\n").join(" "), top: row.getBoundingClientRect().top }));
    return rows.filter(({ top }) => top >= below).sort((one, other) => one.top - other.top)[0];
  });

/** The same once it no longer moves. */
async function restingPlace(page: Page): Promise<NonNullable<Awaited<ReturnType<typeof placeOf>>>> {
  const seen: unknown[] = [];
  await expect.poll(async () => JSON.stringify(seen.at(-1)) === JSON.stringify(seen[seen.push(await placeOf(page)) - 1])).toBe(true);
  const found = await placeOf(page);
  if (found === undefined) throw new Error("no row is in sight");
  return found;
}

test("the end is left by any way of moving up, and a tab later the reader is where he was", async () => {
  const { page, context, faults } = await openPage(browser, front);
  await signIn(page, server.key);
  await page.goto(`/agents?id=${AGENT_ID}`);
  await page.getByText("step 399").waitFor();
  await expect.poll(() => bottom(page)).toBeLessThanOrEqual(2);
  await page.getByRole("listitem", { name: "Call of shell" }).last().waitFor();
  // As a scrollbar or a search in the page does: neither wheel nor key.
  await page.evaluate(() => window.scrollBy(0, -4000));
  await page.getByRole("button", { name: "↓ Latest" }).waitFor();
  await page.getByLabel("Follow-up").fill("half a thought");
  const before = await restingPlace(page);
  // Playwright's own click would bring the bar, which stands where it is, to the middle of the page first.
  const tab = await page.getByRole("tab", { name: "Changes" }).boundingBox();
  await page.mouse.click((tab?.x ?? 0) + 5, (tab?.y ?? 0) + 5);
  await page.getByText("Nothing differs").waitFor();
  await page.getByRole("tab", { name: "Transcript" }).click();
  await expect.poll(async () => (await placeOf(page))?.words).toBe(before.words);
  const after = await restingPlace(page);
  expect(after.words).toBe(before.words);
  expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(3);
  expect(await page.getByLabel("Follow-up").inputValue()).toBe("half a thought");
  await page.getByRole("button", { name: "↓ Latest" }).click();
  await expect.poll(() => bottom(page)).toBeLessThanOrEqual(2);
  expect(faults).toEqual([]);
  await context.close();
});

test("what has the focus is not behind the box below", async () => {
  const { page, context } = await openPage(browser, front, { viewport: { width: 360, height: 640 } });
  await signIn(page, server.key);
  await page.goto(`/agents?id=${AGENT_ID}`);
  await page.getByText("step 399").waitFor();
  await page.evaluate(() => window.scrollTo(0, 5000));
  await page.getByRole("button", { name: "↓ Latest" }).waitFor();
  await page.locator("button.fold").first().focus();
  let folds = 0;
  for (let step = 0; step < 15; step += 1) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const focused = document.activeElement?.getBoundingClientRect();
      const box = document.querySelector(".follow-up")?.getBoundingClientRect();
      const isFold = document.activeElement?.matches(".fold") === true;
      return { isFold, overlap: isFold && focused !== undefined && box !== undefined ? focused.bottom - box.top : 0 };
    });
    expect(found.overlap).toBeLessThanOrEqual(1);
    folds += found.isFold ? 1 : 0;
  }
  // Otherwise the focus has left the list, and nothing was shown.
  expect(folds).toBeGreaterThanOrEqual(10);
  await context.close();
});
