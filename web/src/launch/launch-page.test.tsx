import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { forgetDrafts } from "../prompt/draft";
import { SESSION } from "../session/session";
import LaunchPage from "./launch-page";
import { forgetWish, keepWish, rememberedWish, wishAtFirst } from "./remembered";
import { EMPTY_WISH } from "./wish";

let keys: (string | null)[];
/** Answers the launches in their order. */
let answers: (() => Promise<Response>)[];
let lists: () => Response;
let queries: QueryClient;

beforeEach(() => {
  keys = [];
  lists = () => Response.json({ items: [] });
  vi.stubGlobal("fetch", (request: Request) => {
    if (request.method === "GET") return Promise.resolve(lists());
    keys.push(request.headers.get("idempotency-key"));
    return (answers.shift() ?? (() => Promise.resolve(Response.json({ agent: { id: "a" } }))))();
  });
});
afterEach(() => {
  cleanup();
  forgetDrafts();
  forgetWish();
  vi.unstubAllGlobals();
});

function shows(): void {
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(SESSION, { keyId: "key", scope: "write" });
  render(
    <QueryClientProvider client={queries}>
      <LaunchPage query={new URLSearchParams()} />
    </QueryClientProvider>,
  );
}

const write = (text: string) => fireEvent.change(screen.getByLabelText("Prompt"), { target: { value: text } });

async function launch(): Promise<void> {
  const before = keys.length;
  const button = screen.getByRole<HTMLButtonElement>("button", { name: "Launch" });
  await waitFor(() => expect(button.disabled).toBe(false));
  fireEvent.click(button);
  await waitFor(() => expect(keys).toHaveLength(before + 1));
  await waitFor(() => expect(queries.isMutating()).toBe(0));
}

test.each([
  ["was lost", () => Promise.reject(new TypeError("network"))],
  ["was an error of the server", () => Promise.resolve(new Response("", { status: 502 }))],
])("a launch whose answer %s is the same at the next try, and another when it was changed", async (_, answer) => {
  answers = [answer, answer];
  shows();
  write("Do it");
  await launch();
  await launch();
  write("Do it well");
  await launch();
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
  await waitFor(() => expect(location.search).toBe("?id=a"));
});

test("what is remembered is what was sent, not what was chosen while it was on its way", async () => {
  let done: (response: Response) => void = () => undefined;
  answers = [() => new Promise((resolve) => (done = resolve))];
  shows();
  write("Do it");
  const choose = (name: string) => fireEvent.change(screen.getByLabelText("Pull request"), { target: { value: name } });
  choose("draft");
  fireEvent.click(screen.getByRole("button", { name: "Launch" }));
  await waitFor(() => expect(keys).toHaveLength(1));
  choose("none");
  done(Response.json({ agent: { id: "a" } }));
  await waitFor(() => expect(queries.isMutating()).toBe(0));
  expect(rememberedWish().pullRequest).toBe("draft");
});

test("lists that cannot be read are said to be missing", async () => {
  lists = () => Response.json({ error: { code: "internal", message: "The models are away." } }, { status: 500 });
  shows();
  expect((await screen.findAllByText("The models are away.")).length).toBe(2);
  lists = () => Response.json({ items: [{ id: "m", displayName: "Model M" }] });
  fireEvent.click(screen.getAllByRole("button", { name: "Try again" })[0]!);
  await screen.findByRole("option", { name: "Model M" });
  expect(screen.getAllByText("The models are away.").length).toBe(1);
});

test("what was chosen is there after a reload of the tab, until it is sent", async () => {
  answers = [];
  shows();
  const input = (label: string) => screen.getByLabelText<HTMLInputElement>(label, { selector: "input" });
  const fill = (label: string, value: string) => fireEvent.change(input(label), { target: { value } });
  const filled = () => ["Repository", "Start from", "Branch"].map((label) => input(label).value);
  expect(screen.getByText("Optional. None: an empty workspace.")).toBeDefined();
  fill("Repository", "https://git.example.com/a/b");
  fill("Start from", "v1");
  fill("Branch", "mine");
  cleanup();
  shows();
  expect(filled()).toEqual(["https://git.example.com/a/b", "v1", "mine"]);
  write("Do it");
  await launch();
  cleanup();
  shows();
  expect(filled()).toEqual(["https://git.example.com/a/b", "v1", ""]);
});

test("a link names the repository, and what was chosen since is meant more", () => {
  expect(wishAtFirst("https://git.example.com/asked").repositories).toEqual([{ url: "https://git.example.com/asked", ref: "" }]);
  keepWish({ asked: "https://git.example.com/asked", wish: { ...EMPTY_WISH, branch: "mine", repositories: [{ url: "https://git.example.com/chosen", ref: "" }] } });
  expect(wishAtFirst("https://git.example.com/asked").repositories[0]?.url).toBe("https://git.example.com/chosen");
  expect(wishAtFirst("https://git.example.com/other").repositories[0]?.url).toBe("https://git.example.com/other");
});
