import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import type { Agent } from "../api/types";
import { Artifacts } from "./artifacts";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("a look into a file stays open while the agent goes on, also when the list cannot be read again", async () => {
  let lists = 0;
  let names = ["a.txt"];
  const answer = (path: string) => {
    if (path.endsWith("/download")) return Response.json({ url: "http://elsewhere/artifacts/x" });
    if (!path.endsWith("/artifacts")) return new Response("What is in it");
    lists += 1;
    if (names.length === 0) return new Response("", { status: 503 });
    return Response.json({ items: names.map((name) => ({ path: `artifacts/${name}`, sizeBytes: 5, updatedAt: "2026-05-02T08:00:00.000Z" })) });
  };
  vi.stubGlobal("fetch", (asked: Request | string) => Promise.resolve(answer(typeof asked === "string" ? asked : new URL(asked.url).pathname)));
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const page = (updatedAt: string) => (
    <QueryClientProvider client={queries}>
      <Artifacts agent={{ id: "a", updatedAt } as Agent} />
    </QueryClientProvider>
  );
  const { rerender } = render(page("1"));
  fireEvent.click(await screen.findByRole("button", { name: "a.txt" }));
  await screen.findByText("What is in it");
  names = [];
  rerender(page("2"));
  await waitFor(() => expect(lists).toBe(2));
  await waitFor(() => expect(queries.isFetching()).toBe(0));
  expect(screen.getByText("What is in it")).toBeDefined();
  names = ["a.txt", "b.txt"];
  rerender(page("3"));
  await screen.findByText("b.txt");
  expect(screen.getByText("What is in it")).toBeDefined();
});
