// Asks for an API key.

import { useState, type ReactNode } from "react";

export function KeyForm({ refusal, onKey }: { refusal: string | undefined; onKey: (key: string) => void }): ReactNode {
  const [key, setKey] = useState("");
  return (
    <form
      className="card key-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (key.trim() !== "") onKey(key.trim());
      }}
    >
      <h1>API key</h1>
      <p>
        <code>outwork key create</code> on the server makes one. It stays in this tab and is forgotten when the tab is closed.
      </p>
      {refusal !== undefined && (
        <p role="alert" className="alert">
          {refusal}
        </p>
      )}
      <label>
        Key
        <input type="password" autoComplete="off" autoFocus value={key} onChange={(event) => setKey(event.target.value)} />
      </label>
      <button type="submit">Open</button>
    </form>
  );
}
