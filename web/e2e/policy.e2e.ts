// The walls behind the page: what its policy forbids is forbidden, and no other site gets through with the session.

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { Browser } from "playwright-core";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { openPage, signIn, type Watched } from "./support/browser";
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
  await signIn(watched.page, server.key);
});

afterEach(() => watched.context.close());

const POLICY = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data: blob:",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "'none'",
};

test("every address of the page has the whole policy, and nothing in it is inline", async () => {
  for (const address of ["/agents", "/agents?id=bc-1", "/launch", "/settings", "/settings/keys"]) {
    const response = await fetch(server.url + address);
    const headers = Object.fromEntries(response.headers);
    const policy = Object.fromEntries((headers["content-security-policy"] ?? "").split(";").map((part) => [part.trim().split(" ", 1)[0], part.trim().split(" ").slice(1).join(" ")]));
    expect({ address, policy }).toMatchObject({ address, policy: POLICY });
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "same-origin" });
    const html = await response.text();
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|(?:src|href)="(?:https?:)?\/\//);
  }
});

test("no text becomes script, whoever tries", async () => {
  const { page, faults } = watched;
  const outcomes = await page.evaluate(async () => {
    // What the test itself evaluates is exempt from the policy; what a timer runs later is not.
    await new Promise((done) => setTimeout(done));
    const make = (tag: string) => document.body.appendChild(document.createElement(tag)) as HTMLElement & Record<string, unknown>;
    const { trustedTypes } = window as unknown as { trustedTypes: { createPolicy: (name: string, rules: object) => unknown } };
    const ways: Record<string, () => unknown> = {
      innerHTML: () => (make("div").innerHTML = "<img src=x onerror=ran(1)>"),
      outerHTML: () => (make("div").outerHTML = "<p>"),
      insertAdjacentHTML: () => make("div").insertAdjacentHTML("beforeend", "<p>"),
      "document.write": () => document.write("<p>"),
      DOMParser: () => new DOMParser().parseFromString("<p>", "text/html"),
      srcdoc: () => (make("iframe")["srcdoc"] = "<p>"),
      "script's text": () => (make("script")["text"] = "ran(1)"),
      "script's address": () => (make("script")["src"] = "/assets/x.js"),
      eval: () => (0, eval)("ran(1)"),
      Function: () => new Function("ran(1)")(),
      handler: () => make("div").setAttribute("onclick", "ran(1)"),
      "a policy of its own": () => trustedTypes.createPolicy("mine", {}),
    };
    return Object.entries(ways).map(([name, act]) => {
      try {
        act();
        return `${name} was done`;
      } catch (error) {
        return `${name}: ${(error as Error).name}`;
      }
    });
  });
  expect(outcomes.filter((outcome) => !/: (TypeError|EvalError)$/.test(outcome))).toEqual([]);
  await expect.poll(() => faults.filter((fault) => fault.includes("policy violated: require-trusted-types-for")).length, { timeout: 10_000 }).toBeGreaterThan(5);
  expect(faults.filter((fault) => !fault.includes("policy violated") && !fault.startsWith("frame: about:"))).toEqual([]);
});

test("nothing is loaded from elsewhere, sent elsewhere or styled inline, even if an element asks", async () => {
  const { page, faults } = watched;
  const left: string[] = [];
  const elsewhere = createServer((asked, answered) => {
    left.push(asked.url ?? "");
    answered.writeHead(200, { "access-control-allow-origin": "*" }).end();
  });
  const url = await listening(elsewhere);
  await page.evaluate(async (to) => {
    const add = (tag: string, values: Record<string, string>) => {
      const element = document.createElement(tag);
      for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
      document.body.append(element);
      return element;
    };
    add("img", { src: `${to}/img` });
    add("link", { rel: "stylesheet", href: `${to}/css` });
    add("link", { rel: "prefetch", href: `${to}/prefetch` });
    add("video", { poster: `${to}/poster`, src: `${to}/video` });
    add("iframe", { src: `${to}/frame` });
    add("div", { style: `background: url(${to}/background)` });
    add("style", {}).textContent = `@import url(${to}/import)`;
    (add("form", { action: `${to}/form`, method: "post" }) as HTMLFormElement).submit();
    const font = new FontFace("f", `url(${to}/font)`);
    await Promise.allSettled([fetch(`${to}/fetch`), font.load()]);
    navigator.sendBeacon(`${to}/beacon`, "x");
    try {
      new WebSocket(to.replace("http", "ws"));
      new EventSource(`${to}/stream`);
      new Worker(`${to}/worker`);
    } catch {
      // Refused at once.
    }
  }, url);
  const expected = ["img-src", "style-src-elem", "style-src-attr", "media-src", "frame-src", "form-action", "connect-src", "font-src"];
  for (const directive of expected) await expect.poll(() => faults.filter((fault) => fault.includes(`policy violated: ${directive}`)).length, { message: directive, timeout: 10_000 }).toBeGreaterThan(0);
  expect(left).toEqual([]);
  elsewhere.close();
});

/** A page of somebody else, who knows everything but the session: on another port (the same site) or under another name (another site). */
async function evilPage(name: "127.0.0.1" | "localhost"): Promise<{ url: string; stop: () => void }> {
  const evil = createServer((_, answered) => answered.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><body></body>"));
  return { url: (await listening(evil)).replace("127.0.0.1", name), stop: () => evil.close() };
}

async function listening(one: HttpServer): Promise<string> {
  await new Promise<void>((done) => one.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
}

test.each(["127.0.0.1", "localhost"] as const)("a page of another origin, on %s, can neither read nor change anything", async (name) => {
  const { context } = watched;
  const evil = await evilPage(name);
  const page = await context.newPage();
  const statuses: number[] = [];
  page.on("response", (response) => {
    if (response.url().startsWith(`${server.url}/`)) statuses.push(response.status());
  });
  await page.goto(evil.url);
  const before = await keyNames();
  const read = await page.evaluate(async (to) => {
    const body = JSON.stringify({ name: "evil" });
    const seen: string[] = [];
    const ask = async (path: string, init: RequestInit) => {
      try {
        seen.push(await (await fetch(to + path, { credentials: "include", ...init })).text());
      } catch {
        seen.push("");
      }
    };
    await ask("/api/v1/session", {});
    await ask("/api/v1/keys", { mode: "no-cors" });
    await ask("/api/v1/keys", { method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" }, body });
    await ask("/api/v1/keys", { method: "POST", headers: { "content-type": "application/json", "x-requested-with": "outwork" }, body });
    await ask("/api/v1/sessions", { method: "DELETE" });
    navigator.sendBeacon(`${to}/api/v1/keys`, new Blob([body], { type: "text/plain" }));
    const image = new Image();
    image.src = `${to}/api/v1/session`;
    await new Promise((done) => image.addEventListener("error", done));
    const frame = document.createElement("iframe");
    frame.src = `${to}/agents`;
    const loaded = new Promise((done) => frame.addEventListener("load", done));
    document.body.append(frame);
    await loaded;
    const form = Object.assign(document.createElement("form"), { action: `${to}/api/v1/keys`, method: "post", enctype: "text/plain", target: "_blank" });
    const field = Object.assign(document.createElement("input"), { name: '{"name":"evil","x":"', value: '"}' });
    form.append(field);
    document.body.append(form);
    form.submit();
    return seen;
  }, server.url);
  expect(read.join("")).toBe("");
  expect(page.frames().every((frame) => !frame.url().startsWith(server.url))).toBe(true);
  // Only the page itself is given to strangers' frames, which then refuse to show it.
  expect(statuses.filter((status) => status !== 403 && status !== 401 && status !== 200 && status !== 405)).toEqual([]);
  expect(await keyNames()).toEqual(before);
  await watched.page.reload();
  await watched.page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
  evil.stop();
});

async function keyNames(): Promise<string[]> {
  const { keys } = (await (await server.call("/api/v1/keys")).json()) as { keys: { name: string }[] };
  return keys.map(({ name }) => name);
}

test("a program that has the cookie alone cannot change anything, nor read across sites", async () => {
  const [cookie] = await watched.context.cookies();
  const ask = (method: string, site: Record<string, string>) =>
    fetch(`${server.url}/api/v1/keys`, { method, headers: { cookie: `${cookie?.name}=${cookie?.value}`, "content-type": "application/json", ...site }, ...(method === "GET" ? {} : { body: '{"name":"evil"}' }) });
  expect((await ask("POST", { "sec-fetch-site": "cross-site", origin: "https://evil.example" })).status).toBe(403);
  expect((await ask("POST", { "sec-fetch-site": "same-site", origin: "https://evil.example" })).status).toBe(403);
  expect((await ask("POST", { origin: "https://evil.example", "x-requested-with": "outwork" })).status).toBe(403);
  expect((await ask("POST", {})).status).toBe(403);
  expect((await ask("GET", { "sec-fetch-site": "cross-site" })).status).toBe(403);
});
