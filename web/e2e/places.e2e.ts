// Every page at every width: nothing sticks out, nothing is barred to who does not see or does not point.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openPage, signIn, startBrowser } from "./support/browser";
import { fill } from "./support/fill";
import { startServer, type Server } from "./support/server";

let server: Server;
let browser: Browser;
let places: readonly { name: string; address: string }[];

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  places = await fill(server);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Found {
  id: string;
  impact: string | null;
  nodes: string[];
}

async function faultsOf(page: Page): Promise<Found[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (where: Document, options: object) => Promise<{ violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[] }> } };
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ""}`) }));
  });
}

test.each(["light", "dark"] as const)("axe finds nothing: %s", async (colorScheme) => {
  const { page, context, faults } = await openPage(browser, server, { colorScheme });
  await page.goto("/agents");
  await page.getByLabel("API key").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await signIn(page, server.key);
  for (const { name, address } of places) {
    await page.goto(address);
    await page.locator("main h1").first().waitFor();
    await page.waitForLoadState("load");
    await page.locator(".spinner").first().waitFor({ state: "detached" });
    expect({ name, found: await faultsOf(page) }).toEqual({ name, found: [] });
  }
  expect(faults).toEqual([]);
  await context.close();
});

test.each([320, 360, 768, 1280, 1920])("nothing sticks out at %i pixels", async (width) => {
  const { page, context, faults } = await openPage(browser, server, { viewport: { width, height: 740 } });
  await signIn(page, server.key);
  for (const { name, address } of places) {
    await page.goto(address);
    await page.locator("main h1").first().waitFor();
    await page.locator(".spinner").first().waitFor({ state: "detached" });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect({ name, wide }).toEqual({ name, wide: width });
  }
  expect(faults).toEqual([]);
  await context.close();
});

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
