// One agent, kept current: its details are read again whenever its events say that they changed.

import { useCallback, useEffect, useState } from "react";

import { ApiError, type Api } from "./api";
import { emptyTranscript, read, type Transcript } from "./transcript";
import type { Agent, Event } from "./types";

export interface Followed {
  agent: Agent | undefined;
  transcript: Transcript;
  connection: "connecting" | "live" | "lost";
  fault: string | undefined;
  reload: () => Promise<void>;
}

const CHANGES: ReadonlySet<string> = new Set(["state_changed", "workspace_prepared", "pushed", "pull_request_opened"]);

export function useAgent(api: Api, id: string, onRefused: (why: string) => void): Followed {
  const [agent, setAgent] = useState<Agent>();
  const [transcript, setTranscript] = useState<Transcript>(emptyTranscript);
  const [connection, setConnection] = useState<Followed["connection"]>("connecting");
  const [fault, setFault] = useState<string>();

  const failed = useCallback(
    (error: unknown) => {
      if (error instanceof ApiError && error.status === 401) onRefused(error.message);
      else setFault(error instanceof Error ? error.message : String(error));
    },
    [onRefused],
  );
  const reload = useCallback(() => api.agent(id).then(setAgent, failed), [api, id, failed]);

  useEffect(() => {
    const stop = new AbortController();
    const events = (found: Event[]) => {
      setTranscript((old) => read(old, found));
      if (found.some((event) => CHANGES.has(event.type))) void reload();
    };
    void reload();
    api.follow(id, { events, connection: setConnection }, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) failed(error);
    });
    return () => stop.abort();
    // `reload` and `failed` only change with what is listed, or with a handler that does the same.
  }, [api, id]);

  return { agent, transcript, connection, fault, reload };
}
