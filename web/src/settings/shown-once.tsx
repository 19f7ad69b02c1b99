// Something that is shown once and never again: a new key, a new secret of a webhook.

import type { ReactNode } from "react";

import { CopyButton } from "../ui/copy-button";
import { Dialog } from "../ui/dialog";

interface Props {
  title: string;
  text: string;
  onClose: () => void;
}

export function ShownOnce({ title, text, onClose }: Props): ReactNode {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>Copy it now: it is not shown again.</p>
      <div className="code-block">
        <pre className="once" tabIndex={0}>
          {text}
        </pre>
        <CopyButton text={text} />
      </div>
      <div className="actions">
        <button type="button" className="primary" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
