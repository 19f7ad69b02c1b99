// The ways that people go through the page, before the real program and its real runs.

import type { Browser, Page } from "playwright-core";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { openPage, signIn, type Watched } from "./support/browser";
import { AGENT_ID, agentOf, answer } from "./support/fake-api";
import { startProxy } from "./support/proxy";
import type { Server } from "./support/server";
import { openStage } from "./support/stage";

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
});

afterEach(async () => {
  await watched.context.close();
  expect(watched.faults).toEqual([]);
});

const BLOCK = (script: string) => `\`\`\`sh\n${script}\n\`\`\``;
const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/** Prints a line every tenth of a second until it is stopped. */
const ENDLESS = BLOCK('i=0; while true; do i=$((i+1)); echo "line $i."; sleep 0.1; done');

test("from the prompt to the merge", async () => {
  const { page } = watched;
  await signIn(page, server.key);
  await page.getByRole("link", { name: "Launch", exact: true }).first().click();
  await page.getByRole("combobox", { name: "Repository" }).fill("tools");
  await page.getByRole("option", { name: /tools/ }).click();
  await page.getByLabel("Model").selectOption("script");
  await page.getByLabel("Prompt").fill(`Add a greeting\n\n${BLOCK("printf '\\033[32mgreen\\033[0m\\n'; echo 'export const hi = 1;' > src/hi.ts; echo 5 > \"$OUTWORK_ARTIFACTS/report.txt\"")}`);
  await page.getByText("The same from a terminal").click();
  expect(await page.getByLabel("outwork", { exact: true }).textContent()).toContain(`--repo ${server.repository}`);
  await page.getByRole("button", { name: "Launch" }).click();

  await page.getByRole("heading", { name: "Add a greeting", level: 1 }).waitFor();
  await page.locator(".end .state", { hasText: "Done" }).waitFor();
  const tool = page.getByRole("button", { name: /^shell/ });
  await tool.click();
  await page.locator("pre.output .ansi-green", { hasText: "green" }).waitFor();

  await page.getByRole("button", { name: "Review changes" }).click();
  await page.getByRole("region", { name: "Changes in src/hi.ts" }).getByText("export").waitFor();
  await page.getByRole("tab", { name: "Files" }).click();
  await page.getByRole("button", { name: "report.txt", exact: true }).click();
  await page.locator("pre.preview", { hasText: "5" }).waitFor();
  await page.getByRole("tab", { name: "Usage" }).click();
  await page.getByRole("img", { name: /turns, the longest/ }).waitFor();

  await page.getByRole("button", { name: "Merge" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Merge" }).click();
  await page.locator(".pull-request-state.merged").waitFor();
  expect(server.git("show", "main:src/hi.ts")).toBe("export const hi = 1;\n");

  await page.getByRole("link", { name: "Agents" }).click();
  const row = page.locator("li", { has: page.getByRole("link", { name: "Add a greeting" }) });
  await row.getByText("merged", { exact: true }).waitFor();
});

test("a prompt that comes while the agent works waits, and is carried out", async () => {
  const { page } = watched;
  await signIn(page, server.key);
  const id = await server.launch(`Wait\n\n${BLOCK("sleep 3; echo first")}`);
  await page.goto(`/agents?id=${id}`);
  await page.getByLabel("Follow-up").fill(`Then this\n\n${BLOCK("echo second > second.txt")}`);
  await page.getByRole("button", { name: "Queue" }).click();
  await page.getByText("1 prompt waiting").waitFor();
  await page.getByText("Follow-up 1").waitFor();
  await expect.poll(() => page.locator(".end .state", { hasText: "Done" }).count(), { timeout: 20_000 }).toBe(2);
  expect(await page.getByLabel("Follow-up").inputValue()).toBe("");
});

test("a stream that is cut goes on where it was", async () => {
  const proxy = await startProxy(server.url);
  const other = await openPage(browser, proxy);
  const { page } = other;
  await signIn(page, server.key);
  const id = await server.launch(`Count\n\n${ENDLESS}`);
  await page.goto(`/agents?id=${id}`);
  const output = page.locator("pre.output");
  await output.getByText("line 5.").waitFor();
  proxy.cut();
  await page.getByText("Connection lost; trying again").waitFor();
  const before = /line (\d+)\.\s*$/.exec((await output.textContent()) ?? "")?.[1];
  proxy.mend();
  await page.getByText("Live", { exact: true }).waitFor();
  await output.getByText(`line ${Number(before) + 10}.`).waitFor();
  const numbers = [...((await output.textContent()) ?? "").matchAll(/line (\d+)\./g)].map((found) => Number(found[1]));
  expect(numbers).toEqual(numbers.map((_, place) => place + 1));
  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator(".end .state", { hasText: "Stopped" }).waitFor();
  await other.context.close();
  await proxy.stop();
  expect(other.faults).toEqual([]);
});

test("a wrong key is refused, and who signs out everywhere is out everywhere", async () => {
  const { page, context } = watched;
  await page.goto("/agents");
  await page.getByLabel("API key").fill("key_that_is_wrong_and_long_enough");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await signIn(page, server.key);
  const cookies = await context.cookies();
  expect(cookies.map(({ httpOnly, sameSite, value }) => ({ httpOnly, sameSite, holdsKey: value.includes(server.key) }))).toEqual([{ httpOnly: true, sameSite: "Strict", holdsKey: false }]);
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage, cookie: document.cookie }))).not.toContain(server.key);

  const elsewhere = await openPage(browser, server);
  await signIn(elsewhere.page, server.key);
  await page.getByRole("button", { name: "me@example.com" }).click();
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.getByLabel("API key").waitFor();
  await elsewhere.page.reload();
  await elsewhere.page.getByLabel("API key").waitFor();
  await elsewhere.context.close();
});

test("the list follows what happens, finds and filters, and is walked by keys", async () => {
  const { page } = watched;
  await signIn(page, server.key);
  const id = await server.launch(`Zebra stripes\n\n${BLOCK("false")}`);
  const row = page.getByRole("link", { name: "Zebra stripes" });
  await row.waitFor();
  await server.ended(id);
  await page.locator("li", { has: row }).getByText("Failed", { exact: true }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("zebra");
  await page.getByText("1 match").waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Zebra stripes", level: 1 }).waitFor();
  await page.getByText("A block of the script failed").first().waitFor();
  await page.goBack();
  await page.getByRole("button", { name: /^Failed/ }).click();
  expect(new URL(page.url()).searchParams.getAll("state")).toEqual(["failed"]);
});

test("what is archived or deleted can be taken back", async () => {
  const { page } = watched;
  await signIn(page, server.key);
  const id = await server.launch(`Passing thing\n\n${BLOCK("true")}`);
  await server.ended(id);
  await page.goto(`/agents?id=${id}`);
  await page.getByRole("button", { name: "Archive", exact: true }).click();
  await page.getByText("The agent is archived").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Archive", exact: true }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("heading", { name: "Passing thing", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Dismiss" }).last().click();
  await expect.poll(async () => (await server.call(`/api/v1/agents/${id}`)).status, { timeout: 10_000 }).toBe(404);
});

test("a plan is made first, and carried out at a word", async () => {
  const { page } = watched;
  await signIn(page, server.key);
  await page.goto(`/launch?repository=${encodeURIComponent(server.repository)}`);
  await page.getByLabel("Model").selectOption("script");
  await page.getByLabel("Prompt").fill("Plan the greeting");
  await page.getByLabel("Only plan first").check();
  await page.getByRole("button", { name: "Launch" }).click();
  await page.getByRole("heading", { name: "Plan the greeting", level: 1 }).waitFor();
  await page.locator(".end .state", { hasText: "Done" }).waitFor();
  await page.getByLabel("Follow-up").fill(`As you said\n\n${BLOCK("echo planned > planned.txt")}`);
  await page.getByRole("button", { name: "Carry out the plan" }).click();
  await expect.poll(() => page.locator(".end .state", { hasText: "Done" }).count(), { timeout: 20_000 }).toBe(2);
  await page.getByRole("tab", { name: "Changes" }).click();
  await page.getByRole("region", { name: "Changes in planned.txt" }).getByText("planned").first().waitFor();
});

test("a plan that waits for approval says so, and gets it once", async () => {
  const { page } = watched;
  await signIn(page, server.key);
  const planned = { id: "run", number: 1, mode: "plan", model: "script", requestId: "r", state: "succeeded", attempt: 1, createdAt: "2026-05-02T08:00:00.000Z" };
  let isApproved = false;
  const agent = () => agentOf({ name: "Waiting", runs: [planned], ...(isApproved ? {} : { awaiting: "approval" }) });
  await answer(page, [
    [/\/events$/, () => "id: \n\n"],
    [/\/api\/v1\/agents$/, (url) => ({ agents: url.searchParams.has("updatedAfter") ? [] : [agent()], total: 1 })],
    [new RegExp(`/agents/${AGENT_ID}$`), agent],
  ]);
  const wishes: string[] = [];
  await page.route(`**/api/v1/agents/${AGENT_ID}/approve-plan`, async (route) => {
    wishes.push((await route.request().headerValue("idempotency-key")) ?? "");
    isApproved = wishes.length > 1;
    if (isApproved) await route.fulfill({ status: 201, json: {} });
    else await route.fulfill({ status: 503, json: { code: "unavailable", detail: "Not at present" } });
  });
  await page.reload();
  await page.locator(".agent-row").getByText("its plan waits for your word").waitFor();
  await page.getByRole("link", { name: "Waiting" }).click();
  await page.locator(".agent-head").getByText("its plan waits for your word").waitFor();
  await page.getByRole("button", { name: "Carry out the plan" }).click();
  await page.getByText("Not at present").waitFor();
  await page.getByRole("button", { name: "Carry out the plan" }).click();
  await page.locator(".agent-head").getByText("its plan waits for your word").waitFor({ state: "detached" });
  expect(wishes).toHaveLength(2);
  expect(new Set(wishes).size).toBe(1);
});

test("the whole way goes without a pointer: launch, list, open, follow up, stop", async () => {
  const { page } = watched;
  await page.goto("/agents");
  await expect.poll(() => focused(page)).toBe("API key");
  await page.keyboard.type(server.key);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
  await page.keyboard.press("n");
  await page.getByRole("heading", { name: "Launch an agent" }).waitFor();
  await expect.poll(() => focused(page)).toBe("Prompt");
  await page.keyboard.type("By keys");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(`\n${ENDLESS}`);
  await tabTo(page, "Repository", "backwards");
  await page.keyboard.type("tools");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await tabTo(page, "Model");
  await page.keyboard.type("script");
  await tabTo(page, "Launch");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "By keys", level: 1 }).waitFor();
  await page.locator("pre.output").getByText("line 3.").waitFor();

  await page.keyboard.press("a");
  await page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
  expect(await page.title()).toBe("Agents · Outwork");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  await page.getByRole("link", { name: "By keys" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("keys");
  await page.getByText("1 match").waitFor();
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => focused(page)).toBe("By keys");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "By keys", level: 1 }).waitFor();

  await page.keyboard.press("f");
  await expect.poll(() => focused(page)).toBe("Follow-up");
  await page.keyboard.type("And then");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(`\n${BLOCK("echo then")}`);
  await page.keyboard.press("Control+Enter");
  await page.getByText("1 prompt waiting").waitFor();
  await tabTo(page, "Stop", "backwards");
  await page.keyboard.press("Enter");
  await page.locator(".end .state", { hasText: "Stopped" }).first().waitFor();

  await tabTo(page, "Delete");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => focused(page)).toBe("Delete");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await tabTo(page, "Single keys do something");
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.keyboard.press("a");
  expect(new URL(page.url()).searchParams.has("id")).toBe(true);
});

/** The name of what has the focus, as it is read out. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const found = document.activeElement;
    const label = found instanceof HTMLElement && "labels" in found ? (found as HTMLInputElement).labels?.[0]?.textContent : undefined;
    return (found?.getAttribute("aria-label") ?? label ?? found?.textContent ?? "").trim();
  });
}

async function tabTo(page: Page, name: string, direction: "forwards" | "backwards" = "forwards"): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press(direction === "forwards" ? "Tab" : "Shift+Tab");
  }
  expect.fail(`the Tab key does not lead to ${name}`);
}

test("images go with the prompt, and are seen in the transcript", async () => {
  const { page } = watched;
  await signIn(page, server.key);
  await page.goto(`/launch?repository=${encodeURIComponent(server.repository)}`);
  await page.getByLabel("Model").selectOption("script");
  await page.getByLabel("Prompt").fill("Look at this");
  await page.locator("input[type=file]").setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: Buffer.from(DOT, "base64") });
  await page.getByRole("button", { name: "Launch" }).click();
  const image = page.getByRole("img", { name: "Image 1 of the prompt" });
  await image.waitFor();
  await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(1);
});

/** Asks the way out of the sandbox for a host, as any client of a proxy does. */
const CONNECT = BLOCK(`bash -c 'exec 3<>/dev/tcp/127.0.0.1/3128; printf "CONNECT evil.example:443 HTTP/1.1\\r\\nHost: evil.example:443\\r\\n\\r\\n" >&3; head -n 1 <&3'`);

test("what a command was not allowed to reach is told, with the host to open", async () => {
  const { page } = watched;
  await signIn(page, server.key);
  const id = await server.launch(`Call home\n\n${CONNECT}`);
  await page.goto(`/agents?id=${id}`);
  await page.locator(".end .state", { hasText: "Done" }).waitFor();
  const row = page.locator(".network");
  await row.getByText("Not allowed to reach evil.example").waitFor();
  await row.getByText('add "evil.example" to [egress] allow').waitFor();
  expect(await row.count()).toBe(1);
});
