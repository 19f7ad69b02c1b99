// Hostile texts in everything that the server may say, and what to look for in a page that shows them.

import type { Page } from "playwright-core";

import { AGENT_ID, agentOf } from "./fake-api";

export const AT = "2026-05-02T08:00:00.000Z";

/** Every kind of event, with the text wherever one stands. */
export function eventsOf(text: string, place: number): object[] {
  const callId = `call-${place}`;
  return [
    { type: "prompt", text, imageCount: 0 },
    { type: "workspace_prepared", repository: text, base: text, branch: text },
    { type: "model_requested", turn: place, model: text },
    { type: "model_retried", turn: place, reason: text, waitMs: 1 },
    { type: "turn_restarted", turn: place, reason: text },
    { type: "thinking", turn: place, text },
    { type: "text", turn: place, text },
    { type: "tool_called", turn: place, call: { id: callId, name: text, arguments: { command: text, [text]: text } } },
    { type: "tool_output", callId, text },
    { type: "tool_finished", callId, result: { status: "error", text, exitStatus: 1 }, tookMs: 1 },
    { type: "tool_called", turn: place, call: { id: `${callId}-2`, name: "other", arguments: { path: text, text } } },
    { type: "tool_output", callId: `${callId}-2`, text },
    { type: "nudged", turn: place, text },
    { type: "limit_reached", limit: text },
    { type: "network_used", host: text, verdict: "refused", reason: text, count: 2, sentBytes: 0, receivedBytes: 0 },
    { type: "network_used", host: text, verdict: text, reason: text, count: 1, sentBytes: 0, receivedBytes: 0 },
    { type: "committed", repository: text, commit: text, subject: text, fileCount: 1, insertions: 1, deletions: 1 },
    { type: "pushed", repository: text, branch: text, commit: text },
    { type: "pull_request_opened", repository: text, number: 1, url: text },
    { type: "note", text },
    { type: text, text },
    { type: "thinking_delta", turn: place + 100_000, text },
    { type: "text_delta", turn: place + 100_000, text },
    { type: "state_changed", to: "failed", cause: text, message: text },
  ];
}

export function idOf(place: number): string {
  return `bc-${String(place).padStart(8, "0")}-0000-4000-8000-000000000000`;
}

export function agentWith(text: string, id = AGENT_ID, more: object = {}): Record<string, unknown> {
  const repository = { repository: text, folder: text, baseRef: text, branch: text, head: "a".repeat(40), pullRequestUrl: text, pullRequestState: text };
  return agentOf({
    id,
    name: text,
    model: text,
    effort: text,
    summary: text,
    state: "failed",
    runCount: 1,
    tokens: 5,
    lastError: { cause: text, message: text },
    repositories: [repository, { ...repository, folder: `${text}2`, pullRequestUrl: `https://git.example.com/acme/tools/pulls/7#${encodeURIComponent(text)}` }],
    runs: [{ id: "run", number: 1, mode: "agent", model: text, isolation: text, requestId: "r", state: "failed", attempt: 1, cause: text, message: text, summary: text, createdAt: AT }],
    ...more,
  });
}

/** A name as git quotes it. */
function quoted(name: string): string {
  return `"${[...new TextEncoder().encode(name)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}"`;
}

export function diffOf(texts: readonly string[]): string {
  return texts
    .map((text) => {
      const [old, fresh] = [quoted(`a/${text}`), quoted(`b/${text}`)];
      const lines = text.split("\n");
      return [`diff --git ${old} ${fresh}`, `--- ${old}`, `+++ ${fresh}`, `@@ -1,1 +1,${lines.length} @@ ${lines[0]}`, "-gone", ...lines.map((line) => `+${line}`), ""].join("\n");
    })
    .join("");
}

/** Down by screens, so that every row was there once; what is folded is opened. */
export async function walk(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    window.scrollTo(0, 0);
    for (let step = 0; step < 1000; step += 1) {
      // Once each: opening one may close another.
      for (const button of document.querySelectorAll<HTMLElement>("button.fold[aria-expanded=false]:not([data-seen])")) {
        button.dataset["seen"] = "";
        button.click();
      }
      await frame();
      const before = window.scrollY;
      window.scrollBy(0, window.innerHeight - 100);
      await frame();
      if (window.scrollY === before) return;
    }
    throw new Error("the page has no end");
  });
}

/** Elements and attributes that no text may become. */
export function forbiddenElements(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll("body *")) {
      const isPages = element.tagName === "SCRIPT" && (element as HTMLScriptElement).src.startsWith(location.origin);
      if (!isPages && /^(script|iframe|object|embed|style|link|base|meta|video|audio|template|math|marquee)$/i.test(element.tagName)) found.push(element.outerHTML);
      for (const { name, value } of element.attributes) {
        const isAddress = ["href", "src", "srcset", "action", "formaction", "xlink:href", "ping", "poster", "data", "background"].includes(name);
        const isHarmless = name === "href" ? /^(https?:\/\/|\/(?!\/)|#)/.test(value) : name === "src" && /^(\/(?!\/)|data:image\/(png|jpeg|gif|webp)|blob:)/.test(value);
        if (name.startsWith("on") || name === "srcdoc" || (isAddress && !isHarmless)) found.push(`${element.tagName} ${name}=${value}`);
        // React sets styles through the object model; none of them loads anything.
        if (name === "style" && /url\(|expression|@import/i.test(value)) found.push(`${element.tagName} ${name}=${value}`);
      }
    }
    return found;
  });
}
