// A text that survives a reload of its tab until it is sent.

import { useState } from "react";

export function useDraft(name: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => sessionStorage.getItem(name) ?? "");
  const keep = (next: string) => {
    setText(next);
    try {
      if (next === "") sessionStorage.removeItem(name);
      else sessionStorage.setItem(name, next);
    } catch {
      // No room: the text is still on the page.
    }
  };
  return [text, keep];
}
