import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Agent } from "../api/types";
import { SESSION } from "../session/session";
import { Toasts } from "../ui/toasts";
import { Head } from "./head";

beforeEach(() => void vi.stubGlobal("fetch", () => Promise.resolve(Response.json({}))));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function shows(state: string): void {
  const agent = { id: "a", name: "Alpha", model: "m", state, repositories: [], runs: [{ id: "1", state }], createdAt: "2026-05-02T08:00:00.000Z" } as unknown as Agent;
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  queries.setQueryData(SESSION, { keyId: "key", scope: "write", projects: [] });
  render(
    <QueryClientProvider client={queries}>
      <Toasts>
        <Head agent={agent} connection="live" />
      </Toasts>
    </QueryClientProvider>,
  );
}

test.each([
  ["working", "Archived. Its runs were stopped."],
  ["succeeded", "Archived."],
])("who archives an agent that is %s is told what came of it, and keeps the focus", async (state, told) => {
  shows(state);
  screen.getByRole("button", { name: "Archive" }).focus();
  fireEvent.click(screen.getByRole("button", { name: "Archive" }));
  expect(await screen.findByText(told)).toBeDefined();
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Alpha" }));
});
