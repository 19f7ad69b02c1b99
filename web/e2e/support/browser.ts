// The system's Chromium, and pages in it that tell of everything that must not happen.

import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";

import type { Server } from "./server";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: FLAGS });
}

export interface Watched {
  context: BrowserContext;
  page: Page;
  /** Scripts that failed or were refused, policies that were violated, dialogs, requests to other origins. */
  faults: string[];
}

export async function openPage(browser: Browser, server: Pick<Server, "url">, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 }, ...options });
  const faults: string[] = [];
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${server.url}/`) && !url.startsWith("data:") && !url.startsWith("blob:")) faults.push(`request: ${url}`);
    else if (request.resourceType() === "fetch" && request.headers()["x-requested-with"] !== "outwork") faults.push(`request without its mark: ${url}`);
  });
  context.on("page", (opened) => {
    if (opened !== page) faults.push(`another page was opened: ${opened.url()}`);
  });
  page.on("download", (download) => faults.push(`download: ${download.url()}`));
  page.on("framenavigated", (frame) => {
    if (frame !== page.mainFrame()) faults.push(`frame: ${frame.url()}`);
  });
  await page.exposeFunction("ran", (what: string) => faults.push(`script ran: ${what}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      (window as unknown as { ran: (what: string) => void }).ran(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return { context, page, faults };
}

/** Signs in as people do. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.goto("/agents");
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
}

/** Another address of the page, as a link in it leads there: the page stays. */
export function go(page: Page, address: string): Promise<void> {
  return page.evaluate((to) => {
    history.pushState(null, "", to);
    window.dispatchEvent(new PopStateEvent("popstate"));
  }, address);
}
