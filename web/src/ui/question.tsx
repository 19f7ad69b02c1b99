// Asks before something that cannot be taken back.

import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Dialog } from "./dialog";
import { Refusal } from "./refusal";

interface Props {
  title: string;
  /** What the button says that carries it out. */
  action: string;
  tone: "primary" | "danger";
  children?: ReactNode;
  /** The question goes when that is done, and tells why if it fails. */
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

export function Question({ title, action, tone, children, onConfirm, onClose }: Props): ReactNode {
  const confirm = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  // What is under way is waited for, so that nobody misses that it failed.
  const back = () => {
    if (!confirm.isPending) onClose();
  };
  return (
    <Dialog title={title} onClose={back}>
      <div>{children}</div>
      <Refusal error={confirm.error} />
      <div className="actions">
        <button type="button" className={tone} disabled={confirm.isPending} onClick={() => confirm.mutate()}>
          {action}
        </button>
        <button type="button" disabled={confirm.isPending} onClick={back}>
          Back
        </button>
      </div>
    </Dialog>
  );
}
