// One agent, kept current: its details are read again whenever its events say that they changed.

import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";

import { api, take } from "../api/client";
import { follow } from "../api/follow";
import type { Agent, Event } from "../api/types";
import { SESSION } from "../session/session";
import { isSignedOut } from "../api/error";
import { rereadLater } from "./reread-later";
import { CHANGES_AGENT } from "./transcript/read";
import { TranscriptStore, type Snapshot } from "./transcript/store";

export function agentKey(id: string): readonly unknown[] {
  return ["agent", id];
}

export function useAgent(id: string): UseQueryResult<Agent> {
  return useQuery({
    queryKey: agentKey(id),
    queryFn: async () => (await take(api.GET("/api/v1/agents/{id}", { params: { path: { id } } }))) as unknown as Agent,
  });
}

/** Reads an agent again, and what is made of it. */
export function useReread(id: string): () => void {
  const queries = useQueryClient();
  return useCallback(() => {
    void queries.invalidateQueries({ queryKey: agentKey(id) });
  }, [queries, id]);
}

export function useTranscript(id: string): Snapshot & { error: unknown } {
  const [store] = useState(() => new TranscriptStore());
  const [error, setError] = useState<unknown>();
  const queries = useQueryClient();
  const snapshot = useSyncExternalStore(store.subscribe, store.get);
  useEffect(() => {
    const stop = new AbortController();
    const later = rereadLater(queries, agentKey(id));
    const events = (found: Event[]) => {
      store.events(found);
      if (found.some((event) => CHANGES_AGENT.has(event.type))) later.ask();
    };
    follow(id, store.get().transcript.lastSeq, { events, connection: (state) => store.connection(state) }, stop.signal).catch((failure: unknown) => {
      if (stop.signal.aborted) return;
      if (isSignedOut(failure)) queries.setQueryData(SESSION, null);
      else setError(failure);
    });
    return () => {
      stop.abort();
      later.stop();
    };
  }, [id, store, queries]);
  return { ...snapshot, error };
}
