// Reads an agent's details again after its events said that they changed: soon, once for many events, and never over a reading under way.

import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** People do not notice it; a stream that catches up brings many events in that time. */
const SOON_MS = 150;

export interface RereadLater {
  ask(): void;
  stop(): void;
}

/** No clock is asked which event is newer than the details: the browser's need not agree with the server's. */
export function rereadLater(queries: QueryClient, queryKey: QueryKey): RereadLater {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const reread = () => {
    // What is being read may be older than the event, and its answer must not be thrown away either: after it comes another.
    const isReading = queries.isFetching({ queryKey, exact: true }) > 0;
    timer = isReading ? setTimeout(reread, SOON_MS) : undefined;
    if (!isReading) void queries.invalidateQueries({ queryKey });
  };
  return {
    ask: () => {
      timer ??= setTimeout(reread, SOON_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
