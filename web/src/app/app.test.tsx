import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { focusManager, onlineManager } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { draftOf, forgetDrafts } from "../prompt/draft";
import { App } from "./app";
import { navigate } from "./router";

const AT = "2026-05-02T08:00:00.000Z";
const AGENT = { id: "a", name: "Alpha", state: "succeeded", model: "m", createdAt: AT, updatedAt: AT, runs: [], repositories: [], archived: false };

/** Who is signed in, or what the server answers instead. */
let session: () => Response;
/** What changes something, in the order in which it came. */
let changes: string[];
let exists: boolean;
/** What the server answers to a deletion. */
let deletion: () => Response;

const signedInAs = (keyId: string) => () => Response.json({ keyId, keyName: keyId, kind: "user", scope: "write", projects: [], createdAt: AT });

function answer(method: string, path: string): Response {
  if (method !== "GET") {
    changes.push(`${method} ${path}`);
    if (path === "/v1/agents/a") {
      const answered = deletion();
      if (answered.ok) exists = false;
      return answered;
    }
    return new Response(null, { status: 204 });
  }
  if (path === "/api/v1/session") return session();
  if (path === "/api/v1/agents") return Response.json({ agents: exists ? [AGENT] : [], total: exists ? 1 : 0 });
  if (path === "/api/v1/agents/a/events") return new Response(new ReadableStream());
  if (path === "/api/v1/agents/a" && exists) return Response.json(AGENT);
  if (path === "/api/v1/agents/facets") return Response.json({ states: [], repositories: [], models: [] });
  return Response.json({ code: "agent_not_found", detail: "There is none" }, { status: 404 });
}

beforeEach(() => {
  changes = [];
  exists = true;
  deletion = () => new Response(null, { status: 204 });
  session = signedInAs("one");
  history.replaceState(null, "", "/agents");
  vi.stubGlobal("fetch", (asked: Request | string, init?: RequestInit) =>
    Promise.resolve(typeof asked === "string" ? answer(init?.method ?? "GET", asked) : answer(asked.method, new URL(asked.url).pathname)),
  );
});
afterEach(() => {
  cleanup();
  forgetDrafts();
  localStorage.clear();
  sessionStorage.clear();
  focusManager.setFocused(undefined);
  onlineManager.setOnline(true);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** As if somebody came back to the window after a while. */
async function comeBack(): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(61_000);
    focusManager.setFocused(false);
    focusManager.setFocused(true);
    await vi.advanceTimersByTimeAsync(10_000);
  });
}

const status = (text: string) => screen.findByText(text);

test("a session that cannot be read again leaves the page as it is", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  render(<App />);
  await status("1 agent");
  const search = screen.getByRole<HTMLInputElement>("searchbox");
  let failures = 0;
  session = () => {
    failures += 1;
    return new Response("", { status: 503 });
  };
  await comeBack();
  expect(failures).toBeGreaterThan(2);
  expect(screen.getByRole("searchbox")).toBe(search);
});

test("who is signed in elsewhere as somebody else finds nothing of who was here", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  render(<App />);
  await status("1 agent");
  draftOf("a").change({ text: "A secret plan" });
  localStorage.setItem("outwork.launch", "{}");
  const search = screen.getByRole("searchbox");
  session = signedInAs("two");
  await comeBack();
  await screen.findByText("two");
  expect(screen.getByRole("searchbox")).not.toBe(search);
  expect(draftOf("a").get().text).toBe("");
  expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toMatch(/secret|launch/);
});

test("who signs out leaves nothing, and what was to be deleted is deleted before", async () => {
  navigate("/agents?id=a");
  render(<App />);
  fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
  draftOf("a").change({ text: "A secret plan" });
  fireEvent.click(await screen.findByRole("button", { name: /one/ }));
  fireEvent.click(screen.getByText("Sign out"));
  await screen.findByLabelText("API key");
  expect(changes).toEqual(["DELETE /v1/agents/a", "DELETE /api/v1/session"]);
  expect(Object.keys({ ...localStorage, ...sessionStorage })).toEqual([]);
});

test("a session that ended by itself leaves the drafts to its key", async () => {
  render(<App />);
  await status("1 agent");
  draftOf("a").change({ text: "A plan" });
  cleanup();
  render(<App />);
  await status("1 agent");
  expect(draftOf("a").get().text).toBe("A plan");
});

test("what is about to be deleted is out of sight at once, and can be kept from wherever one finds it", async () => {
  navigate("/agents?id=a");
  render(<App />);
  fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
  await status("0 agents");
  act(() => navigate("/agents?id=a"));
  fireEvent.click(await screen.findByRole("button", { name: "Keep it" }));
  await screen.findByRole("heading", { name: "Alpha" });
  expect(screen.queryByText("Undo")).toBeNull();
  expect(changes).toEqual([]);

  fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  await status("0 agents");
  fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
  await waitFor(() => expect(changes).toEqual(["DELETE /v1/agents/a"]));
  act(() => navigate("/agents?id=a"));
  await screen.findByText("There is no such agent");
});

test("what could not be deleted is back, with the reason", async () => {
  deletion = () => Response.json({ error: { code: "dialect_off", message: "The API is off" } }, { status: 404 });
  navigate("/agents?id=a");
  render(<App />);
  fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
  await status("0 agents");
  fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
  await screen.findByText("The API is off");
  await status("1 agent");
});

test("a machine without a network still reads from the server on it", async () => {
  onlineManager.setOnline(false);
  render(<App />);
  await status("1 agent");
});

test("a file that is dropped beside what takes files does not take the page away", () => {
  render(<App />);
  const drop = (types: string[]) => {
    const event = new Event("drop", { bubbles: true, cancelable: true });
    Object.assign(event, { dataTransfer: { types, dropEffect: "copy" } });
    document.body.dispatchEvent(event);
    return event.defaultPrevented;
  };
  expect(drop(["Files"])).toBe(true);
  expect(drop(["text/plain"])).toBe(false);
});
