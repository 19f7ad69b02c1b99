// Every page at every width: nothing sticks out, nothing is barred to who does not see or does not point.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";

import { openPage, signIn } from "./support/browser";
import { fill } from "./support/fill";
import type { Server } from "./support/server";
import { openStage } from "./support/stage";

let server: Server;
let browser: Browser;
let places: readonly { name: string; address: string }[];

beforeAll(async () => {
  const stage = await openStage();
  ({ server, browser } = stage);
  places = await fill(server);
  return stage.close;
});

const PATIENCE_MS = 300_000;

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Found {
  id: string;
  impact: string | null;
  nodes: string[];
}

async function faultsOf(page: Page): Promise<Found[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  return page.evaluate(async () => {
    // What is scrolled under the page's head is not in anybody's way.
    window.scrollTo(0, 0);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const { axe } = window as unknown as { axe: { run: (where: Document, options: object) => Promise<{ violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[] }> } };
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ""}`) }));
  });
}

const WIDTHS = [320, 360, 768, 1280, 1920];
/** Where most people are, and where there is least room. */
const JUDGED_WIDTHS = [360, 1280];

/** Shows the page in both themes at every width. */
async function judge(name: string, page: Page): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect({ name, wide }).toEqual({ name, wide: width });
    if (!JUDGED_WIDTHS.includes(width)) continue;
    // What the box at the page's foot covers is scrolled into sight; axe takes it for a target that is too small.
    await page.setViewportSize({ width, height: Math.max(800, await page.evaluate(() => document.documentElement.scrollHeight)) });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect({ name, width, colorScheme, found: await faultsOf(page) }).toEqual({ name, width, colorScheme, found: [] });
    }
  }
}

test("every page fits every width, and axe finds nothing in either theme", async () => {
  const { page, context, faults } = await openPage(browser, server);
  await page.goto("/agents");
  await page.getByLabel("API key").waitFor();
  await judge("sign-in", page);
  await signIn(page, server.key);
  for (const { name, address } of places) {
    await page.goto(address);
    await page.locator("main h1").first().waitFor();
    await page.waitForLoadState("load");
    await page.locator(".spinner").first().waitFor({ state: "detached" });
    await judge(name, page);
  }
  expect(faults).toEqual([]);
  await context.close();
}, PATIENCE_MS);

test("nor in what opens over them", async () => {
  const { page, context, faults } = await openPage(browser, server);
  await signIn(page, server.key);
  await page.locator(".account").click();
  await judge("session", page);
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Agents", level: 1 }).click();
  await page.keyboard.press("?");
  await judge("keys", page);
  await page.keyboard.press("Escape");
  await page.goto("/settings/keys");
  await page.getByRole("button", { name: "Revoke e2e" }).click();
  await judge("question", page);
  await page.keyboard.press("Escape");
  await page.getByLabel("Name", { exact: true }).fill("one more");
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.locator("pre.once").waitFor();
  await judge("new key", page);
  await page.goto(places.find(({ name }) => name === "agent")?.address ?? "");
  for (const fold of await page.locator("button.fold[aria-expanded=false]").all()) await fold.click();
  await page.getByRole("button", { name: "Archive", exact: true }).click();
  // It stays while the pointer is on it.
  await page.getByRole("button", { name: "Undo" }).focus();
  await judge("opened tools and a toast", page);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.goto("/launch");
  await page.getByRole("combobox", { name: "Repository" }).fill("tools");
  await page.getByRole("option").first().waitFor();
  await judge("completion", page);
  expect(faults).toEqual([]);
  await context.close();
}, PATIENCE_MS);

test("on a phone the whole way can be gone", async () => {
  const { page, context, faults } = await openPage(browser, server, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  await signIn(page, server.key);
  await page.getByRole("link", { name: "Launch", exact: true }).first().tap();
  await page.getByRole("combobox", { name: "Repository" }).fill(server.repository);
  await page.getByLabel("Prompt").fill("From a phone\n\n```sh\necho phone > phone.txt\n```");
  await page.getByRole("button", { name: "Launch" }).tap();
  await page.locator(".end .state", { hasText: "Done" }).waitFor();
  await page.getByRole("tab", { name: "Changes" }).tap();
  await page.getByRole("region", { name: "Changes in phone.txt" }).waitFor();
  await page.getByRole("button", { name: "Merge" }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "Merge" }).tap();
  await page.locator(".pull-request-state.merged").waitFor();
  expect(faults).toEqual([]);
  await context.close();
});
