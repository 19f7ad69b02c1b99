import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { ReactNode } from "react";

import { Actions } from "../agent/actions";
import { FollowUp } from "../agent/follow-up";
import type { Agent, Session } from "../api/types";
import { Shell } from "../app/shell";
import LaunchPage from "../launch/launch-page";
import { Creation } from "../settings/creation";
import { SESSION } from "./session";

afterEach(cleanup);

const session = (scope: string): Session => ({ keyId: "key", keyName: "k", kind: "user", scope, projects: [], createdAt: "2026-05-02T08:00:00.000Z" });
const AGENT = {
  id: "bc-1",
  name: "An agent",
  state: "working",
  repositories: [],
  runs: [{ id: "run", number: 1, mode: "agent", state: "working" }],
} as unknown as Agent;

function show(scope: string, content: ReactNode): void {
  const queries = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
  queries.setQueryData(SESSION, session(scope));
  render(<QueryClientProvider client={queries}>{content}</QueryClientProvider>);
}

const MAKE = { mutate: () => undefined, isPending: false, error: null };
const PLACES: readonly (readonly [string, ReactNode, readonly string[]])[] = [
  ["an agent's head", <Actions agent={AGENT} />, ["Stop", "Archive", "Delete"]],
  ["the follow-up box", <FollowUp agent={AGENT} />, ["Queue"]],
  ["the launch form", <LaunchPage query={new URLSearchParams()} />, ["Launch"]],
  ["a setting", <Creation title="New" action="Make it" make={MAKE} isReady children={null} />, ["Make it"]],
];

test.each(PLACES)("%s offers to who may only read nothing that would be refused", (_, content, buttons) => {
  show("write", content);
  for (const name of buttons) expect(screen.getByRole("button", { name })).toBeDefined();
  cleanup();
  show("read", content);
  expect(screen.queryAllByRole("button")).toEqual([]);
  expect(screen.queryAllByRole("textbox")).toEqual([]);
});

test.each(PLACES.slice(1))("%s says why", (_, content) => {
  show("read", content);
  expect(screen.getByText(/The key of this session may only read/)).toBeDefined();
});

test("the page's head says it, in the place of the way to launch", () => {
  show("write", <Shell session={session("write")} route={{ page: "agents", query: new URLSearchParams() }} children={null} />);
  expect(screen.getByRole("link", { name: "Launch" })).toBeDefined();
  cleanup();
  show("read", <Shell session={session("read")} route={{ page: "agents", query: new URLSearchParams() }} children={null} />);
  expect(screen.queryByRole("link", { name: "Launch" })).toBeNull();
  expect(screen.getByText("read only")).toBeDefined();
});
