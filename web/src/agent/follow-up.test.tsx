import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Agent, RunState } from "../api/types";
import { draftOf, forgetDrafts } from "../prompt/draft";
import { SESSION } from "../session/session";
import { FollowUp } from "./follow-up";

interface Asked {
  path: string;
  key: string | null;
  body: unknown;
}

let asked: Asked[];
/** Answers the requests in their order. */
let answers: (() => Promise<Response>)[];

beforeEach(() => {
  asked = [];
  answers = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push({ path: new URL(request.url).pathname, key: request.headers.get("idempotency-key"), body: await request.json().catch(() => undefined) });
    return (answers.shift() ?? (() => Promise.resolve(Response.json({ id: "a" }))))();
  });
});
afterEach(() => {
  cleanup();
  forgetDrafts();
  vi.unstubAllGlobals();
});

const lost = () => Promise.reject(new TypeError("network"));

function agentWith(state: RunState, mode = "agent"): Agent {
  return { id: "a", name: "A", state, runs: [{ id: "r", number: 1, state, mode }], repositories: [] } as unknown as Agent;
}

function shows(agent: Agent, queries = new QueryClient()) {
  queries.setQueryData(SESSION, { keyId: "key", scope: "write" });
  const page = (one: Agent) => (
    <QueryClientProvider client={queries}>
      <FollowUp agent={one} />
    </QueryClientProvider>
  );
  const { rerender, unmount } = render(page(agent));
  return { become: (one: Agent) => rerender(page(one)), unmount, queries };
}

const box = () => screen.getByLabelText<HTMLTextAreaElement>("Follow-up");
const write = (text: string) => fireEvent.change(box(), { target: { value: text } });
async function press(name: string): Promise<void> {
  const button = screen.getByRole<HTMLButtonElement>("button", { name });
  await waitFor(() => expect(button.disabled).toBe(false));
  fireEvent.click(button);
}

test("a prompt whose answer was lost is the same request at the next try, though the agent is at work by then", async () => {
  answers = [lost];
  const { become } = shows(agentWith("succeeded"));
  write("Go on");
  await press("Send");
  await screen.findByRole("alert");
  become(agentWith("working"));
  await press("Queue");
  await waitFor(() => expect(box().value).toBe(""));
  expect(asked).toHaveLength(2);
  expect(asked[1]).toEqual(asked[0]);
  expect(asked[0]?.key).toMatch(/^[0-9a-f]{32}$/);
});

test("a text that was changed after a lost answer is another request", async () => {
  answers = [lost];
  shows(agentWith("succeeded"));
  write("Go on");
  await press("Send");
  await screen.findByRole("alert");
  write("Go on, please");
  await press("Send");
  await waitFor(() => expect(box().value).toBe(""));
  expect(asked[1]?.key).not.toBe(asked[0]?.key);
});

test("the same prompt may be given twice on purpose", async () => {
  shows(agentWith("succeeded"));
  for (const times of [1, 2]) {
    write("Go on");
    await press("Send");
    await waitFor(() => expect(box().value).toBe(""));
    expect(asked).toHaveLength(times);
  }
  expect(asked[1]?.key).not.toBe(asked[0]?.key);
});

test("the same prompt is another one when the box was emptied by hand after a lost answer", async () => {
  answers = [lost];
  shows(agentWith("succeeded"));
  write("Go on");
  await press("Send");
  await screen.findByRole("alert");
  write("");
  write("Go on");
  await press("Send");
  await waitFor(() => expect(box().value).toBe(""));
  expect(asked[1]?.body).toEqual(asked[0]?.body);
  expect(asked[1]?.key).not.toBe(asked[0]?.key);
});

test.each(["approval", undefined] as const)("a plan is carried out once, however its answers are lost, and the next one by itself (awaiting: %s)", async (awaiting) => {
  const planned = (run: string) => ({ ...agentWith("succeeded", "plan"), awaiting, runs: [{ id: run, number: 1, state: "succeeded", mode: "plan" }] }) as unknown as Agent;
  answers = [lost, lost];
  const { become } = shows(planned("first"));
  for (const times of [1, 2]) {
    await press("Carry out the plan");
    await waitFor(() => expect(asked).toHaveLength(times));
    await screen.findByRole("alert");
  }
  become(planned("second"));
  await press("Carry out the plan");
  await waitFor(() => expect(asked).toHaveLength(3));
  expect(asked[1]?.key).toBe(asked[0]?.key);
  expect(asked[2]?.key).not.toBe(asked[0]?.key);
});

test("a prompt that waits keeps its mode", async () => {
  shows(agentWith("working", "plan"));
  const plan = screen.getByLabelText<HTMLInputElement>("Only plan");
  expect(plan.checked).toBe(true);
  write("Plan more");
  await press("Queue");
  await waitFor(() => expect(asked[0]?.body).toEqual({ prompt: { text: "Plan more" }, mode: "plan" }));
  await waitFor(() => expect(box().value).toBe(""));
  fireEvent.click(plan);
  write("Now do it");
  await press("Queue");
  await waitFor(() => expect(asked[1]?.body).toEqual({ prompt: { text: "Now do it" }, mode: "agent" }));
});

test("what is written while a prompt is on its way stays", async () => {
  let done: (response: Response) => void = () => undefined;
  answers = [() => new Promise((resolve) => (done = resolve))];
  shows(agentWith("succeeded"));
  write("First");
  await press("Send");
  await waitFor(() => expect(asked).toHaveLength(1));
  write("Second");
  done(Response.json({ id: "a" }));
  await waitFor(() => expect(screen.getByRole<HTMLButtonElement>("button", { name: "Send" }).disabled).toBe(false));
  expect(box().value).toBe("Second");
});

test("who leaves the box while a prompt is on its way cannot send it again on return", async () => {
  let done: (response: Response) => void = () => undefined;
  answers = [() => new Promise((resolve) => (done = resolve))];
  const { unmount, queries } = shows(agentWith("succeeded"));
  write("First");
  await press("Send");
  await waitFor(() => expect(asked).toHaveLength(1));
  unmount();
  shows(agentWith("succeeded"), queries);
  expect(box().value).toBe("First");
  await waitFor(() => expect(screen.getByRole<HTMLButtonElement>("button", { name: "Send" }).disabled).toBe(true));
  done(Response.json({ id: "a" }));
  await waitFor(() => expect(box().value).toBe(""));
  expect(sessionStorage.length).toBe(0);
});

test("images and the chosen mode stay while the box is away", async () => {
  const { unmount } = shows(agentWith("succeeded"));
  draftOf("a").add([new File(["x"], "dot.png", { type: "image/png" })]);
  fireEvent.click(screen.getByLabelText("Only plan"));
  await screen.findByAltText("dot.png");
  unmount();
  shows(agentWith("succeeded"));
  expect(screen.getByAltText("dot.png")).toBeTruthy();
  write("Look");
  await press("Send");
  await waitFor(() => expect(asked[0]?.body).toEqual({ prompt: { text: "Look", images: [{ data: btoa("x") }] }, mode: "plan" }));
});
