// A moment as its age, with the date behind it.

import { useSyncExternalStore, type ReactNode } from "react";

import { age, moment } from "../text/format";

const TICK_MS = 30_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, which moves on every half minute for all who look at it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

export function When({ at }: { at: string }): ReactNode {
  const current = useNow();
  return (
    <time dateTime={at} title={moment(at)}>
      {age(at, current)}
    </time>
  );
}
