// Pictures of every page, in both themes and three widths, for people to look at.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Browser } from "playwright-core";
import { beforeAll, expect, test } from "vitest";

import { openPage, signIn } from "./support/browser";
import { fill, type Place } from "./support/fill";
import type { Server } from "./support/server";
import { openStage } from "./support/stage";

const FOLDER = fileURLToPath(new URL("screenshots/", import.meta.url));
const WIDTHS = [360, 820, 1440];

let server: Server;
let browser: Browser;
let places: readonly Place[];

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  const stage = await openStage();
  ({ server, browser } = stage);
  places = await fill(server);
  return stage.close;
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of WIDTHS) {
    test(`${colorScheme}, ${width} pixels`, async () => {
      const { page, context, faults } = await openPage(browser, server, { colorScheme, viewport: { width, height: width === 360 ? 740 : 900 } });
      const shoot = (name: string) => page.screenshot({ path: `${FOLDER}${name}-${colorScheme}-${width}.png` });
      await page.goto("/agents");
      await page.getByLabel("API key").waitFor();
      await shoot("sign-in");
      await signIn(page, server.key);
      for (const { name, address } of places) {
        await page.goto(address);
        await page.locator("main h1").first().waitFor();
        await page.locator(".spinner").first().waitFor({ state: "detached" });
        await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => undefined);
        await shoot(name);
      }
      expect(faults).toEqual([]);
      await context.close();
    });
  }
}
