// Settings, before the real program: keys, secrets, webhooks with their deliveries, the server's state.

import { createServer, type Server as Receiver } from "node:http";
import type { AddressInfo } from "node:net";

import type { Browser } from "playwright-core";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { openPage, signIn, type Watched } from "./support/browser";
import type { Server } from "./support/server";
import { openStage } from "./support/stage";

let server: Server;
let browser: Browser;
let watched: Watched;
let receiver: Receiver;
/** What the receiver answers, and the ids that it was sent. */
let status = 500;
const received: string[] = [];

beforeAll(async () => {
  receiver = createServer((asked, answer) => {
    received.push(String(asked.headers["x-webhook-id"]));
    asked.resume();
    answer.writeHead(status).end("no thanks");
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  const config = '[outbound]\nallow = ["127.0.0.1"]\nplain_http = "allowed"\n';
  const stage = await openStage(config);
  ({ server, browser } = stage);
  return async () => {
    await stage.close();
    receiver.close();
  };
});

beforeEach(async () => {
  watched = await openPage(browser, server);
  await signIn(watched.page, server.key);
});

afterEach(async () => {
  await watched.context.close();
  expect(watched.faults).toEqual([]);
});

test("a key is made with limits, works within them, and ends when it is revoked", async () => {
  const { page } = watched;
  await page.goto("/settings/keys");
  await page.getByLabel("Name").fill("reader");
  await page.getByLabel("May").selectOption("read");
  await page.getByLabel("Ends").selectOption({ label: "30 days" });
  await page.getByRole("button", { name: "Make the key" }).click();
  const made = (await page.locator("pre.once").textContent())?.trim() ?? "";
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("row", { name: /reader.*read only/ }).waitFor();
  const status = async (method: string) => (await fetch(`${server.url}/v1/agents`, { method, headers: { authorization: `Bearer ${made}`, "content-type": "application/json" }, ...(method === "GET" ? {} : { body: '{"prompt":{"text":"x"}}' }) })).status;
  expect(await status("GET")).toBe(200);
  expect(await status("POST")).toBe(403);
  await page.getByRole("button", { name: "Revoke reader" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("row", { name: /reader.*revoked/ }).waitFor();
  await expect.poll(() => status("GET"), { timeout: 5000 }).toBe(401);
});

test("a secret is written and never shown", async () => {
  const { page } = watched;
  await page.goto("/settings/secrets");
  await page.getByLabel("Name").fill("API_TOKEN");
  await page.getByLabel("Value").fill("a-value-that-nobody-sees\nin two lines");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /API_TOKEN/ }).waitFor();
  expect(await page.content()).not.toContain("a-value-that-nobody-sees");
  const counts = await server.launch('Count its lines\n\n```sh\ntest "$(printf "%s\\n" "$API_TOKEN" | wc --lines)" = 2\n```');
  expect(await server.ended(counts)).toBe("succeeded");
  await page.getByRole("button", { name: "Delete API_TOKEN" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No secrets.").waitFor();
});

test("a delivery that failed is looked into and sent once more", async () => {
  const { page } = watched;
  const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  await page.goto("/settings/webhooks");
  await page.getByLabel("Address").fill(address);
  await page.getByRole("button", { name: "Add the webhook" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: `Test ${address}` }).click();
  const delivery = page.locator("li.delivery").first();
  await delivery.getByRole("button", { name: /waiting/ }).click();
  await delivery.getByText("500").waitFor();
  status = 200;
  await delivery.getByRole("button", { name: /^Send .* again/ }).click();
  await delivery.getByRole("button", { name: /delivered/ }).waitFor();
  expect(new Set(received).size).toBe(1);
  expect(received.length).toBeGreaterThanOrEqual(2);
});

test("the server tells of its sandbox, its workers and what its doctor finds", async () => {
  const { page } = watched;
  await page.goto("/settings/server");
  await page.getByText("Full: every wall is in force.").waitFor();
  await page.getByRole("region", { name: "Workers" }).getByRole("row").nth(1).waitFor();
  await page.getByText("bubblewrap", { exact: true }).waitFor();
});

test("a project is added, launches, and goes", async () => {
  const { page } = watched;
  await page.goto("/settings/projects");
  await page.getByLabel("Name").fill("tools");
  await page.getByLabel("Repository").fill(server.repository);
  await page.getByRole("button", { name: "Add the project" }).click();
  const row = page.getByRole("row", { name: /^tools/ });
  await row.getByRole("link", { name: "Launch" }).click();
  expect(await page.getByRole("combobox", { name: "Repository" }).inputValue()).toBe(server.repository);
  await page.goBack();
  await page.getByRole("button", { name: "Remove tools" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("No projects.").waitFor();
});

test("who may only read sees everything, and is told why there is nothing to launch, send, stop or change", async () => {
  const id = await server.launch("Seen by all\n\n```sh\nwhile true; do sleep 1; done\n```");
  const reader = await openPage(browser, server);
  const { page } = reader;
  await signIn(page, server.makeKey("watcher", "--scope", "read"));
  await page.locator("header").getByText("read only").waitFor();
  const why = page.getByText("The key of this session may only read");
  await page.keyboard.press("n");
  await why.waitFor();
  await page.goto(`/agents?id=${id}`);
  await page.getByRole("heading", { name: "Seen by all", level: 1 }).waitFor();
  await why.waitFor();
  for (const name of ["Stop", "Archive", "Delete", "Send", "Queue"]) expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
  for (const section of ["keys", "projects", "secrets", "webhooks"]) {
    await page.goto(`/settings/${section}`);
    await why.waitFor();
    expect(await page.locator("main form").count()).toBe(0);
  }
  await page.locator(".account").click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByLabel("API key").waitFor();
  await reader.context.close();
  expect(reader.faults).toEqual([]);
  expect((await server.call(`/v0/agents/${id}/stop`, { method: "POST" })).status).toBe(200);
});
