// Says that something is on its way.

import type { ReactNode } from "react";

export function Spinner({ label = "Loading" }: { label?: string }): ReactNode {
  return (
    <p className="spinner" role="status">
      <span aria-hidden="true" />
      {label} …
    </p>
  );
}
