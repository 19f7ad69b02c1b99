import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useEffect, type ReactNode } from "react";

import { Toasts, useToast, type Toast } from "./toasts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function Says({ toast }: { toast: Toast }): ReactNode {
  const show = useToast();
  useEffect(() => show(toast), [show, toast]);
  return null;
}

function say(toast: Toast): void {
  render(
    <Toasts>
      <Says toast={toast} />
    </Toasts>,
  );
}

const wait = (millis: number) => act(() => vi.advanceTimersByTime(millis));

test("a message goes by itself, and does then what it announced", () => {
  const onGone = vi.fn();
  say({ text: "Deleted", lastsMs: 1000, onGone });
  wait(999);
  expect(onGone).not.toHaveBeenCalled();
  wait(1);
  expect(onGone).toHaveBeenCalledOnce();
  expect(screen.queryByText("Deleted")).toBeNull();
});

test("it stays while somebody is in it", () => {
  const onGone = vi.fn();
  say({ text: "Held", lastsMs: 1000, onGone });
  const message = screen.getByText("Held").parentElement!;
  fireEvent.pointerEnter(message, { pointerType: "mouse" });
  wait(60_000);
  expect(onGone).not.toHaveBeenCalled();
  fireEvent.pointerLeave(message, { pointerType: "mouse" });
  wait(1000);
  expect(onGone).toHaveBeenCalledOnce();
});

test("a finger that touched it does not hold it", () => {
  const onGone = vi.fn();
  say({ text: "Touched", lastsMs: 1000, onGone });
  fireEvent.pointerEnter(screen.getByText("Touched").parentElement!, { pointerType: "touch" });
  wait(1000);
  expect(onGone).toHaveBeenCalledOnce();
});

test("what is taken back does not happen, and what the page's end interrupts does", () => {
  const [onGone, run] = [vi.fn(), vi.fn()];
  say({ text: "Taken back", onGone, action: { label: "Undo", run } });
  fireEvent.click(screen.getByText("Undo"));
  wait(60_000);
  expect(run).toHaveBeenCalledOnce();
  expect(onGone).not.toHaveBeenCalled();

  const gone = vi.fn();
  say({ text: "Closed", onGone: gone });
  act(() => void window.dispatchEvent(new Event("pagehide")));
  expect(gone).toHaveBeenCalledOnce();
});
