// Single keys that do something, for who has no pointer at hand. Whoever dictates or hits keys by accident turns them off (WCAG 2.2, 2.1.4).

import { useEffect, useRef } from "react";

const NAME = "outwork.shortcuts";

/** What the keys are, as the page tells of them. */
export const SHORTCUTS: readonly { keys: string; what: string }[] = [
  { keys: "n", what: "Launch an agent" },
  { keys: "a", what: "All agents" },
  { keys: "/", what: "Search agents" },
  { keys: "j  k  ↓  ↑", what: "Walk the list; Enter opens" },
  { keys: "f", what: "Write a follow-up" },
  { keys: "Ctrl Enter", what: "Send what is written" },
  { keys: "?", what: "Show these keys" },
];

export function areShortcutsOn(): boolean {
  return localStorage.getItem(NAME) !== "off";
}

export function turnShortcuts(to: "on" | "off"): void {
  if (to === "on") localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, to);
}

/** A key's name, as `KeyboardEvent.key` has it, and what it does; `false` says that it did nothing. */
export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void | false>>;

/** Listens to single keys while nobody writes and no dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof Element)) return;
      if (event.target.closest("input, textarea, select, [contenteditable], dialog") !== null) return;
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (act === undefined || !areShortcutsOn() || act(event) === false) return;
      event.preventDefault();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}
