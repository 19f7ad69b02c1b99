// Hostile texts where one stands alone: heads, titles, messages, fields, files, and addresses that lead to the page.

import type { Browser, Page } from "playwright-core";
import { beforeAll, beforeEach, afterEach, expect, test } from "vitest";

import { go, openPage, signIn, type Watched } from "./support/browser";
import { AGENT_ID, agentOf, answer, given, refuse, streamOf } from "./support/fake-api";
import { startFront, type Front } from "./support/front";
import { agentWith, AT, forbiddenElements, idOf } from "./support/hostile";
import { PAYLOADS } from "./support/payloads";
import type { Server } from "./support/server";
import { openStage } from "./support/stage";
import { visible } from "../src/text/visible";

let server: Server;
let browser: Browser;
let watched: Watched;

beforeAll(async () => {
  const stage = await openStage();
  ({ server, browser } = stage);
  return stage.close;
});

beforeEach(async () => {
  watched = await openPage(browser, server);
  await signIn(watched.page, server.key);
});

afterEach(async () => {
  await watched.context.close();
  for (const front of fronts.splice(0)) await front.stop();
});

const fronts: Front[] = [];

/** From here on these answers stand before the server's. */
async function standBefore(answers: Parameters<typeof given>[0]): Promise<Page> {
  const front = await startFront(server.url, given(answers));
  fronts.push(front);
  await watched.context.close();
  watched = await openPage(browser, front);
  await signIn(watched.page, server.key);
  return watched.page;
}

const PATIENCE_MS = 300_000;
/** Many in one text, where one after the other would take long. */
const BUNDLES = Array.from({ length: Math.ceil(PAYLOADS.length / 30) }, (_, place) => PAYLOADS.slice(place * 30, place * 30 + 30).join("\n"));

async function expectHarmless(where: string): Promise<void> {
  expect({ where, faults: watched.faults, found: await forbiddenElements(watched.page) }).toEqual({ where, faults: [], found: [] });
}

/** Few enough for each to have its share of a line. */
const TRIPLES = Array.from({ length: Math.ceil(PAYLOADS.length / 3) }, (_, place) => PAYLOADS.slice(place * 3, place * 3 + 3).join(" "));

const EMPTY_STREAM = () => "id: \n\n";

test("in heads, titles and pull requests", async () => {
  let text = "";
  const page = await standBefore([
    [/\/events$/, EMPTY_STREAM],
    [/\/agents\/bc-[^/]+$/, (url) => agentWith(text, /bc-[^/]+/.exec(url.pathname)?.[0])],
    [/\/pull-requests\/7$/, () => ({ number: 7, title: text, base: text, head: text, state: "open", draft: false, repository: text, url: `https://git.example.com/acme/tools/pulls/7#${encodeURIComponent(text)}` })],
  ]);
  for (const [place, each] of TRIPLES.entries()) {
    text = each;
    const title = `${visible(each)} · Outwork`.replace(/[\t\n\f\r ]+/g, " ").trim();
    await go(page, `/agents?id=${idOf(place)}`);
    await page.waitForFunction((expected) => document.title === expected && document.querySelector(".agent-head h1") !== null, title);
    if (place % 10 === 0) {
      await page.getByRole("button", { name: "Merge" }).click();
      await expectHarmless(each);
      await page.keyboard.press("Escape");
    }
  }
  await expectHarmless("heads");
}, PATIENCE_MS);

test("in messages of the server: toasts, refusals, failures", async () => {
  const { page } = watched;
  let text = "";
  await answer(page, [
    [/\/events$/, EMPTY_STREAM],
    [new RegExp(`/agents/${AGENT_ID}$`), () => agentOf()],
  ]);
  await refuse(page, () => text);
  await page.route(/\/v1\/(models|keys)$/, (route) => route.fulfill({ status: 400, json: { detail: text, code: text, title: text } }));
  await page.goto(`/agents?id=${AGENT_ID}`);
  await page.getByLabel("Follow-up").fill("x");
  for (text of BUNDLES) {
    await page.getByRole("button", { name: "Archive", exact: true }).click();
    await page.locator(".toast.bad").first().waitFor();
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".follow-up .bad").waitFor();
    await expectHarmless(text);
    while ((await page.getByRole("button", { name: "Dismiss" }).count()) > 0) await page.getByRole("button", { name: "Dismiss" }).first().click();
  }
  for (text of BUNDLES) {
    await page.goto("/settings/keys");
    await page.locator(".failure").first().waitFor();
    await page.getByLabel("Name").fill("x");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.locator("form .bad").waitFor();
    await expectHarmless(text);
  }
}, PATIENCE_MS);

test("in the session, and in what signing in is answered with", async () => {
  const { page } = watched;
  let text = "";
  let isSignedIn = true;
  const session = () => ({ keyId: "k", keyName: text, email: text, kind: "user", scope: text, projects: [text], createdAt: AT });
  await page.route(/\/v1\/session$/, async (route) => {
    if (route.request().method() === "POST") await route.fulfill({ status: 401, json: { detail: text, code: "unauthorized" } });
    else if (isSignedIn) await route.fulfill({ json: session() });
    else await route.fulfill({ status: 401, json: { code: "unauthorized" } });
  });
  for (text of BUNDLES) {
    isSignedIn = true;
    await page.goto("/settings/models");
    await page.locator(".account").click();
    await page.getByRole("dialog").waitFor();
    await expectHarmless(text);
    isSignedIn = false;
    await page.reload();
    await page.getByLabel("API key").fill(text.replaceAll("\n", " "));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await expectHarmless(text);
  }
}, PATIENCE_MS);

test("in what the launch offers, repeats and takes", async () => {
  let offered: readonly string[] = [];
  const page = await standBefore([
    [/\/v1\/repositories$/, () => ({ items: offered.map((url) => ({ url })) })],
    [/\/v1\/models$/, () => ({ items: offered.map((text) => ({ id: text, displayName: text })) })],
  ]);
  for (let from = 0; from < PAYLOADS.length; from += 50) {
    offered = [...new Set(PAYLOADS.slice(from, from + 50))];
    await page.goto(`/launch?repository=${encodeURIComponent(offered[0] ?? "")}`);
    const repository = page.getByRole("combobox", { name: "Repository" });
    await repository.fill("");
    await expect.poll(() => page.getByRole("option").count(), { timeout: 10_000 }).toBeGreaterThanOrEqual(offered.length);
    await expectHarmless(`offered from ${from}`);
    await repository.fill((offered[1] ?? "").replaceAll("\n", " "));
    await page.getByLabel("Prompt").fill(offered.join("\n"));
    await page.getByLabel("Branch").fill((offered[2] ?? "").replaceAll("\n", " "));
    if (from === 0) await page.getByText("The same from a terminal").click();
    await expectHarmless(`written from ${from}`);
  }
  const picker = page.locator("input[type=file]");
  for (const name of PAYLOADS.filter((text, place) => place % 6 === 0 && !/[/\0]/.test(text))) {
    await picker.setInputFiles({ name, mimeType: "text/html", buffer: Buffer.from(name) });
    await page.getByRole("alert").waitFor();
    await picker.setInputFiles({ name, mimeType: "image/png", buffer: Buffer.from("<svg onload=ran(1)>") });
    await page.locator(".thumbnails img").waitFor();
    await expectHarmless(name);
    await page.locator(".thumbnails button").click();
  }
}, PATIENCE_MS);

test("in files that runs left", async () => {
  const all = PAYLOADS.join("\n");
  const names = ["a.txt", "b.html", "c.svg", "d.md", "e.json", "f.xml", "g.js", "h.png", "i.gif", "j.log"];
  const page = await standBefore([
    [/\/events$/, EMPTY_STREAM],
    [new RegExp(`/agents/${AGENT_ID}$`), () => agentOf()],
    [/\/v1\/agents\/[^/]+\/artifacts$/, () => ({ items: names.map((name) => ({ path: `artifacts/${name}`, sizeBytes: all.length, updatedAt: AT })) })],
    [/\/artifacts\/download$/, (url) => ({ url: `${server.url}/artifacts/hostile/${url.searchParams.get("path") ?? ""}?token=1` })],
    [/^\/artifacts\/hostile\//, () => `<svg xmlns="http://www.w3.org/2000/svg" onload="ran(1)"/>\n${all}`],
  ]);
  await page.goto(`/agents?id=${AGENT_ID}&tab=files`);
  for (const name of names) {
    await page.getByRole("button", { name, exact: true }).click();
    await page.locator(".preview").waitFor();
    await expectHarmless(name);
    await page.getByRole("button", { name, exact: true }).click();
  }
}, PATIENCE_MS);

test("in addresses that lead to the page", async () => {
  const page = await standBefore([[/\/events$/, streamOf([{ type: "note", text: "x" }])]]);
  const others = [(word: string) => `/settings/${word}`, (word: string) => `/launch?repository=${word}`, (word: string) => `/agents?id=${word}&tab=${word}`];
  const addresses = PAYLOADS.map((text) => encodeURIComponent(text.slice(0, 150))).flatMap((word, place) => [
    `/agents?q=${word}&state=${word}&repository=${word}&model=${word}&sort=${word}&group=${word}`,
    others[place % others.length]?.(word) ?? "",
  ]);
  const most = await page.evaluate(async (all) => {
    let shown = 0;
    for (const address of all) {
      history.pushState(null, "", address);
      window.dispatchEvent(new PopStateEvent("popstate"));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      if (document.querySelector("main :is(h1, .failure, .spinner)") !== null) shown += 1;
    }
    return shown;
  }, addresses);
  expect(most).toBe(addresses.length);
  await expectHarmless("addresses, followed");
  for (const address of addresses.filter((each, place) => place % 30 === 0 && !each.startsWith("/settings/"))) {
    await page.goto(address);
    await page.locator("main :is(h1, .failure)").first().waitFor();
  }
  await expectHarmless("addresses, opened");
}, PATIENCE_MS);
