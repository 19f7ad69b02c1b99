// Tells the page how much of its lower end a box that stays there covers, so that nothing that has the focus is behind it.

import { useLayoutEffect, useRef, type ReactNode } from "react";

/** The height of what is in it, as `--below` of the whole page. It has no box of its own, which what is sticky would be confined to. */
export function RoomBelow({ children }: { children: ReactNode }): ReactNode {
  const around = useRef<HTMLDivElement>(null);
  const watched = useRef<{ box: Element; observer: ResizeObserver }>(undefined);
  // The box may be another one after any rendering; as long as it is the same, nothing is touched: the whole page would be styled anew.
  useLayoutEffect(() => {
    const box = around.current?.firstElementChild ?? undefined;
    if (box === watched.current?.box || typeof ResizeObserver === "undefined") return;
    watched.current?.observer.disconnect();
    if (box === undefined) return;
    const observer = new ResizeObserver(() => document.documentElement.style.setProperty("--below", `${box.getBoundingClientRect().height}px`));
    observer.observe(box);
    watched.current = { box, observer };
  });
  useLayoutEffect(
    () => () => {
      watched.current?.observer.disconnect();
      watched.current = undefined;
      document.documentElement.style.removeProperty("--below");
    },
    [],
  );
  return (
    <div className="room-below" ref={around}>
      {children}
    </div>
  );
}
