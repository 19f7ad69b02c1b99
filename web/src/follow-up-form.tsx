// A box for the next prompt.

import { useState, type ReactNode } from "react";

export function FollowUpForm({ onPrompt }: { onPrompt: (text: string) => void }): ReactNode {
  const [text, setText] = useState("");
  return (
    <form
      className="card follow-up"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        onPrompt(text);
        setText("");
      }}
    >
      <label>
        Follow-up
        <textarea rows={3} value={text} onChange={(event) => setText(event.target.value)} />
      </label>
      <button type="submit" disabled={text.trim() === ""}>
        Send
      </button>
    </form>
  );
}
