// Asks before something that cannot be taken back.

import { useState, type ReactNode } from "react";

import { wordsOf } from "../api/error";
import { Dialog } from "../ui/dialog";

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
  const [state, setState] = useState<"asks" | "works" | { error: unknown }>("asks");
  const close = () => {
    setOpen(false);
    setState("asks");
  };
  const confirm = () => {
    setState("works");
    onConfirm().then(close, (error: unknown) => setState({ error }));
  };
  return (
    <>
      <button type="button" className="quiet danger" aria-label={label} onClick={() => setOpen(true)}>
        {action}
      </button>
      {open && (
        <Dialog title={title} onClose={close}>
          <div>{children}</div>
          {typeof state === "object" && (
            <p role="alert" className="bad">
              {wordsOf(state.error)}
            </p>
          )}
          <div className="actions">
            <button type="button" className="danger" disabled={state === "works"} onClick={confirm}>
              {action}
            </button>
            <button type="button" onClick={close}>
              Back
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
