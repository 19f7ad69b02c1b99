// Who is signed in. The key itself is known here for one request only; then a cookie that no script can read stands for it.

import { useMutation, useQuery, useQueryClient, type QueryClient, type UseMutationResult, type UseQueryResult } from "@tanstack/react-query";

import { api, take } from "../api/client";
import { isSignedOut } from "../api/error";
import type { Session } from "../api/types";
import { useSettleToasts } from "../ui/toasts";
import { claimLeftovers, forgetLeftovers } from "./leftovers";

export const SESSION = ["session"] as const;

/** The session, or null for who is not signed in. */
export function useSession(): UseQueryResult<Session | null> {
  const queries = useQueryClient();
  return useQuery({
    queryKey: SESSION,
    queryFn: async () => {
      try {
        const session = await take(api.GET("/api/v1/session"));
        // Another tab has signed in somebody else.
        if (queries.getQueryData<Session | null>(SESSION)?.keyId !== session.keyId) forget(queries);
        claimLeftovers(session.keyId);
        return session;
      } catch (error) {
        if (isSignedOut(error)) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
}

export function useSignIn(): UseMutationResult<Session, Error, string> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (apiKey: string) => take(api.POST("/api/v1/session", { body: { apiKey } })),
    onSuccess: (session) => {
      // The last session may have ended by itself.
      forget(queries);
      claimLeftovers(session.keyId);
      queries.setQueryData(SESSION, session);
    },
  });
}

/** What was read belongs to who was signed in. */
function forget(queries: QueryClient): void {
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION[0] });
}

export type Reach = "here" | "everywhere";

export function useSignOut(): UseMutationResult<unknown, Error, Reach> {
  const queries = useQueryClient();
  const settle = useSettleToasts();
  return useMutation({
    mutationFn: async (reach: Reach) => {
      // What waits for an undo is still meant by who is signed in now.
      await settle();
      await take(reach === "here" ? api.DELETE("/api/v1/session") : api.DELETE("/api/v1/sessions"));
    },
    onSuccess: () => {
      queries.setQueryData(SESSION, null);
      forget(queries);
      forgetLeftovers();
    },
  });
}
