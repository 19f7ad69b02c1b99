import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { SESSION } from "../session/session";
import { Secrets } from "./secrets";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test.each([
  ["ghp_0123456789\n", "ghp_0123456789"],
  ["first line\nsecond line\n", "first line\nsecond line\n"],
])("a pasted value %j is sent as %j", async (pasted, sent) => {
  const bodies: unknown[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "GET") return Response.json({ items: [] });
    bodies.push(await request.json());
    return Response.json({});
  });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(SESSION, { keyId: "key", scope: "write", projects: [] });
  render(
    <QueryClientProvider client={queries}>
      <Secrets />
    </QueryClientProvider>,
  );
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "TOKEN" } });
  fireEvent.change(screen.getByLabelText("Value"), { target: { value: pasted } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(bodies).toEqual([{ value: sent, type: "runtime_secret" }]));
  await waitFor(() => expect(screen.getByLabelText<HTMLTextAreaElement>("Value").value).toBe(""));
});
