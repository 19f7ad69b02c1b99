import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";

import { useAgent, useTranscript } from "./use-agent";

afterEach(() => void vi.restoreAllMocks());

/** A server whose agent is read as often as is counted, and whose stream says what a test says. */
function serverOf() {
  let say: (events: readonly object[]) => void = () => undefined;
  const reads: string[] = [];
  const stream = new ReadableStream<Uint8Array>({
    start: (control) => {
      say = (events) => control.enqueue(new TextEncoder().encode(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")));
    },
  });
  vi.spyOn(globalThis, "fetch").mockImplementation((asked) => {
    const path = asked instanceof Request ? new URL(asked.url).pathname : String(asked);
    if (path.endsWith("/events")) return Promise.resolve(new Response(stream));
    reads.push(path);
    return Promise.resolve(Response.json({ id: "bc-1", state: reads.length === 1 ? "queued" : "working", runs: [] }));
  });
  return { reads, say: (events: readonly object[]) => say(events) };
}

function use() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
  return renderHook(() => ({ agent: useAgent("bc-1"), transcript: useTranscript("bc-1") }), { wrapper });
}

// The browser's clock is right, ten minutes ahead, or ten minutes late.
test.each([0, -600_000, 600_000])("details follow the events, whatever the browser's clock says: %i ms", async (apart) => {
  const server = serverOf();
  const { result, unmount } = use();
  await waitFor(() => expect(result.current.agent.data?.state).toBe("queued"));
  const at = new Date(Date.now() + apart).toISOString();
  server.say([1, 2, 3].map((seq) => ({ seq, runId: "run", attempt: 1, at, type: "state_changed", to: "working" })));
  await waitFor(() => expect(result.current.agent.data?.state).toBe("working"), { timeout: 3000 });
  expect(server.reads).toHaveLength(2);
  unmount();
});
