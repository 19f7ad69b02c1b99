import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Agent } from "../api/types";
import { Toasts } from "../ui/toasts";
import { Head } from "./head";

test("who does not see the page is told the state and what is awaited", () => {
  const agent = { id: "bc-1", name: "An agent", model: "m", state: "succeeded", awaiting: "input", repositories: [], runs: [], createdAt: "2026-05-02T08:00:00.000Z", updatedAt: "2026-05-02T08:00:00.000Z" } as unknown as Agent;
  const queries = new QueryClient();
  render(
    <QueryClientProvider client={queries}>
      <Toasts>
        <Head agent={agent} connection="live" />
      </Toasts>
    </QueryClientProvider>,
  );
  const told = screen.getAllByRole("status").map((status) => status.textContent);
  expect(told.join(" ")).toContain("Done");
  expect(told.join(" ")).toContain("it waits for your answer");
});
