import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ReactNode } from "react";

import type { Session } from "../api/types";
import { Shell } from "../app/shell";
import { Creation } from "../settings/creation";
import SettingsPage from "../settings/settings-page";
import { SESSION } from "./session";

let asked: string[];
beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(new URL(request.url).pathname);
    return Promise.resolve(Response.json({ items: [] }));
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show(projects: string[], content: (session: Session) => ReactNode): void {
  const session: Session = { keyId: "key", keyName: "k", kind: "user", scope: "write", projects, createdAt: "2026-05-02T08:00:00.000Z" };
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } } });
  queries.setQueryData(SESSION, session);
  render(<QueryClientProvider client={queries}>{content(session)}</QueryClientProvider>);
}

test.each(["secrets", "webhooks", "server"])("%s are of no project: who is limited to some is told so, and nothing is asked for", (section) => {
  show(["docs"], () => <SettingsPage section={section} />);
  expect(screen.getByText(/The key of this session is limited to projects/)).toBeDefined();
  expect([asked, screen.queryAllByRole("button"), screen.queryAllByRole("alert")]).toEqual([[], [], []]);
  cleanup();
  show([], () => <SettingsPage section={section} />);
  expect(screen.queryByText(/limited to projects/)).toBeNull();
  expect(asked.length).toBeGreaterThan(0);
});

test("who is limited is offered no form that would be refused, and the head says so", () => {
  const make = { mutate: () => undefined, isPending: false, error: null };
  const content = (session: Session) => (
    <Shell session={session} route={{ page: "settings", section: "keys" }}>
      <Creation title="New" action="Make it" make={make} isReady children={null} />
    </Shell>
  );
  show(["docs"], content);
  expect(screen.getByText("limited").title).toContain("docs");
  expect(screen.queryByRole("button", { name: "Make it" })).toBeNull();
  cleanup();
  show([], content);
  expect(screen.queryByText("limited")).toBeNull();
  expect(screen.getByRole("button", { name: "Make it" })).toBeDefined();
});
