// A labelled field with its hint.

import { useId, type ReactNode } from "react";

interface Props {
  label: string;
  hint?: ReactNode;
  /** Gets the ids that tie the field to its label and hint. */
  children: (ids: { id: string; "aria-describedby"?: string }) => ReactNode;
}

export function Field({ label, hint, children }: Props): ReactNode {
  const id = useId();
  const hintId = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, ...(hint === undefined ? {} : { "aria-describedby": hintId }) })}
      {hint !== undefined && (
        <p id={hintId} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
