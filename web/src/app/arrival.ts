// Whoever comes to another page is told where he is: by the document's title, and by the focus at the start of what is new.

import { useEffect, useRef } from "react";

import type { Route } from "./router";

const TITLES: Record<Exclude<Route["page"], "agent">, string> = { agents: "Agents", launch: "Launch an agent", settings: "Settings", unknown: "Nothing here" };

export function useArrival(route: Route): void {
  const place = `${route.page} ${route.page === "agent" ? route.id : route.page === "settings" ? route.section : ""}`;
  const isFirst = useRef(true);
  useEffect(() => {
    // An agent's page has its name.
    if (route.page !== "agent") document.title = `${TITLES[route.page]} · Outwork`;
    const main = document.getElementById("main");
    // What takes the focus by itself keeps it; where a page is loaded anew the browser has put it already.
    if (!isFirst.current && main !== null && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
    isFirst.current = false;
  }, [place]);
}
