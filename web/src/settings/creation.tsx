// The form for one more of what a list has.

import type { FormEvent, ReactNode } from "react";

import { useIsLimited, WhyLimited } from "../session/limited";
import { useIsReadOnly, WhyReadOnly } from "../session/read-only";
import { Refusal } from "../ui/refusal";

interface Props {
  title: string;
  /** What the button says. */
  action: string;
  make: { mutate: () => void; isPending: boolean; error: unknown };
  isReady: boolean;
  children: ReactNode;
}

export function Creation({ title, action, make, isReady, children }: Props): ReactNode {
  const isLimited = useIsLimited();
  if (useIsReadOnly()) return <WhyReadOnly what="nothing can be added, changed or removed here" />;
  if (isLimited) return <WhyLimited what="nothing can be added here" />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <>
      <h2>{title}</h2>
      <form className="form card" onSubmit={submit} autoComplete="off">
        {children}
        <Refusal error={make.error} />
        <button type="submit" className="primary start" disabled={make.isPending || !isReady}>
          {action}
        </button>
      </form>
    </>
  );
}
