// Which address is shown. Links are real ones; plain clicks on them do not load the page anew.

import { useSyncExternalStore } from "react";

export type Route =
  | { page: "agents"; query: URLSearchParams }
  | { page: "agent"; id: string; query: URLSearchParams }
  | { page: "launch"; query: URLSearchParams }
  | { page: "settings"; section: string }
  | { page: "unknown" };

export function routeOf(address: { pathname: string; search: string }): Route {
  const query = new URLSearchParams(address.search);
  const id = query.get("id");
  const [first = "", second = "", ...rest] = address.pathname.split("/").filter((part) => part !== "");
  if (rest.length > 0) return { page: "unknown" };
  if (first === "agents" && second === "") return id === null ? { page: "agents", query } : { page: "agent", id, query };
  if (first === "launch" && second === "") return { page: "launch", query };
  if (first === "settings") return { page: "settings", section: second === "" ? "keys" : second };
  return { page: "unknown" };
}

export function agentAddress(id: string): string {
  return `/agents?id=${encodeURIComponent(id)}`;
}

const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

export function navigate(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push") {
    history.pushState(null, "", address);
    window.scrollTo(0, 0);
  } else history.replaceState(null, "", address);
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** The address behind the host, as it is now. */
export function useAddress(): string {
  return useSyncExternalStore(subscribe, () => location.pathname + location.search);
}
