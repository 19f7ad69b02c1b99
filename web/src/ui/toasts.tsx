// Short messages at the foot of the page, some with a way back.

import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";

import { visible } from "../text/visible";

export interface Toast {
  text: string;
  tone?: "plain" | "bad";
  /** What the button says and does; the toast goes with it. */
  action?: { label: string; run: () => void };
  /** Runs when the toast goes without its action. */
  onGone?: () => void | Promise<unknown>;
  lastsMs?: number;
}

/** Does what a toast's button does, as long as the toast is there. */
export type TakeBack = () => void;

interface Board {
  show: (toast: Toast) => TakeBack;
  /** Ends all that are shown, as if their time had come, and waits for what they then do. */
  settle: () => Promise<void>;
}

const Shown = createContext<Board>({ show: () => () => undefined, settle: () => Promise.resolve() });

export function useToast(): Board["show"] {
  return useContext(Shown).show;
}

export function useSettleToasts(): Board["settle"] {
  return useContext(Shown).settle;
}

const LASTS_MS = 6000;

/** How a toast that is shown can end. */
interface Ends {
  gone: () => void | Promise<unknown>;
  act: () => void;
}

export function Toasts({ children }: { children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly (Toast & { id: number })[]>([]);
  const next = useRef(0);
  const [ends] = useState(() => new Map<number, Ends>());
  const drop = useCallback((id: number) => setToasts((old) => old.filter((toast) => toast.id !== id)), []);
  const board = useMemo<Board>(
    () => ({
      show: (toast) => {
        next.current += 1;
        const id = next.current;
        setToasts((old) => [...old, { ...toast, id }]);
        return () => ends.get(id)?.act();
      },
      settle: async () => {
        await Promise.allSettled([...ends.values()].map((end) => end.gone()));
      },
    }),
    [ends],
  );
  return (
    <Shown value={board}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <Message key={toast.id} id={toast.id} toast={toast} ends={ends} onGone={() => drop(toast.id)} />
        ))}
      </div>
    </Shown>
  );
}

interface MessageProps {
  id: number;
  toast: Toast;
  ends: Map<number, Ends>;
  onGone: () => void;
}

function Message({ id, toast, ends, onGone }: MessageProps): ReactNode {
  const settled = useRef(false);
  const settle = <Result,>(by: (() => Result) | undefined): Result | undefined => {
    if (settled.current) return undefined;
    settled.current = true;
    onGone();
    return by?.();
  };
  const [isHeld, setIsHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => settle(toast.onGone), toast.lastsMs ?? LASTS_MS);
    return () => clearTimeout(timer);
  }, [isHeld]);
  useEffect(() => {
    // Who closes the page has not taken it back.
    const goes = () => void settle(toast.onGone);
    ends.set(id, { gone: () => settle(toast.onGone), act: () => settle(toast.action?.run) });
    window.addEventListener("pagehide", goes);
    return () => {
      ends.delete(id);
      window.removeEventListener("pagehide", goes);
    };
  }, []);
  // It stays while somebody points at it or is in it: nobody reads against the clock. A finger points at nothing once it is lifted.
  return (
    <div
      className={`toast ${toast.tone ?? "plain"}`}
      onPointerEnter={(event) => setIsHeld(event.pointerType !== "touch")}
      onPointerLeave={() => setIsHeld(false)}
      onFocus={() => setIsHeld(true)}
      onBlur={() => setIsHeld(false)}
    >
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
