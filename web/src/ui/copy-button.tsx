// Copies a text, and says that it did.

import { useEffect, useState, type ReactNode } from "react";

interface Props {
  text: string;
  label?: string;
}

const SHOWN_MS = 2000;

export function CopyButton({ text, label = "Copy" }: Props): ReactNode {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  useEffect(() => {
    if (state === "ready") return;
    const timer = setTimeout(() => setState("ready"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    copyText(text).then(
      () => setState("copied"),
      () => setState("refused"),
    );
  };
  const words = { ready: label, copied: "Copied", refused: "Select and copy it yourself" }[state];
  return (
    <button type="button" className="quiet copy" onClick={copy} aria-live="polite">
      {words}
    </button>
  );
}

/** The clipboard is there in secure contexts only; a plain HTTP address in the local network is none. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "off-screen";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("The browser did not copy");
}
