// What is read from the server, kept for a while and read again; a session that is over shows everywhere at once.

import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { ApiError, isSignedOut } from "../api/error";
import { SESSION } from "../session/session";

const RETRIES_MOST = 2;

export function makeQueries(): QueryClient {
  const onError = (error: unknown) => {
    if (isSignedOut(error)) queries.setQueryData(SESSION, null);
  };
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // The server may be this machine: it answers when the browser thinks that it is offline.
      mutations: { networkMode: "always" },
      queries: {
        networkMode: "always",
        refetchOnReconnect: true,
        staleTime: 5_000,
        retry: (count, error) => count < RETRIES_MOST && mayHelp(error),
      },
    },
  });
  return queries;
}

/** Whether asking once more could be answered otherwise. */
function mayHelp(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
