// A button whose deed is asked about first.

import { useState, type ReactNode } from "react";

import { Question } from "../ui/question";

interface Props {
  /** What the button says, and the one that carries it out. */
  action: string;
  /** Told apart from the other buttons of its name. */
  label: string;
  title: string;
  children: ReactNode;
  onConfirm: () => Promise<unknown>;
}

export function Confirm({ action, label, title, children, onConfirm }: Props): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="quiet danger" aria-label={label} onClick={() => setOpen(true)}>
        {action}
      </button>
      {open && (
        <Question title={title} action={action} tone="danger" onConfirm={onConfirm} onClose={() => setOpen(false)}>
          {children}
        </Question>
      )}
    </>
  );
}
