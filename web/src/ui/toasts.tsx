// Short messages at the foot of the page, some with a way back.

import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";

import { visible } from "../text/visible";

export interface Toast {
  text: string;
  tone?: "plain" | "bad";
  /** What the button says and does; the toast goes with it. */
  action?: { label: string; run: () => void };
  /** Runs when the toast goes without its action. */
  onGone?: () => void;
  lastsMs?: number;
}

type Show = (toast: Toast) => void;

const Shown = createContext<Show>(() => undefined);

export function useToast(): Show {
  return useContext(Shown);
}

const LASTS_MS = 6000;

export function Toasts({ children }: { children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly (Toast & { id: number })[]>([]);
  const next = useRef(0);
  const show = useCallback((toast: Toast) => {
    next.current += 1;
    const id = next.current;
    setToasts((old) => [...old, { ...toast, id }]);
  }, []);
  const drop = useCallback((id: number) => setToasts((old) => old.filter((toast) => toast.id !== id)), []);
  const context = useMemo(() => show, [show]);
  return (
    <Shown value={context}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <Message key={toast.id} toast={toast} onGone={() => drop(toast.id)} />
        ))}
      </div>
    </Shown>
  );
}

function Message({ toast, onGone }: { toast: Toast; onGone: () => void }): ReactNode {
  const settled = useRef(false);
  const settle = (by: (() => void) | undefined) => {
    if (settled.current) return;
    settled.current = true;
    by?.();
    onGone();
  };
  const [isHeld, setIsHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => settle(toast.onGone), toast.lastsMs ?? LASTS_MS);
    return () => clearTimeout(timer);
  }, [isHeld]);
  useEffect(() => {
    // Who closes the page has not taken it back.
    const goes = () => settle(toast.onGone);
    window.addEventListener("pagehide", goes);
    return () => window.removeEventListener("pagehide", goes);
  }, []);
  // It stays while somebody points at it or is in it: nobody reads against the clock.
  return (
    <div className={`toast ${toast.tone ?? "plain"}`} onMouseEnter={() => setIsHeld(true)} onMouseLeave={() => setIsHeld(false)} onFocus={() => setIsHeld(true)} onBlur={() => setIsHeld(false)}>
      <span>{visible(toast.text)}</span>
      {toast.action !== undefined && (
        <button type="button" onClick={() => settle(toast.action?.run)}>
          {toast.action.label}
        </button>
      )}
      <button type="button" className="quiet" aria-label="Dismiss" onClick={() => settle(toast.onGone)}>
        ×
      </button>
    </div>
  );
}
