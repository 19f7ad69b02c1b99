// The form that takes an API key.

import { useState, type FormEvent, type ReactNode } from "react";

import { wordsOf } from "../api/error";
import { Field } from "../ui/field";
import { useSignIn } from "./session";

export function SignIn(): ReactNode {
  const [key, setKey] = useState("");
  const signIn = useSignIn();
  const send = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate(key.trim());
  };
  return (
    <main className="sign-in" id="main">
      <h1>Outwork</h1>
      <p className="faint">Agents that work on your own machine.</p>
      <form onSubmit={send} className="card">
        <Field
          label="API key"
          hint={
            <>
              Make one on the server's machine: <code>outwork key create --name me</code>
            </>
          }
        >
          {(ids) => <input {...ids} type="password" name="key" autoComplete="current-password" spellCheck={false} required value={key} onChange={(event) => setKey(event.target.value)} autoFocus />}
        </Field>
        {signIn.isError && (
          <p role="alert" className="bad">
            {wordsOf(signIn.error)}
          </p>
        )}
        <button type="submit" className="primary" disabled={signIn.isPending || key.trim() === ""}>
          Sign in
        </button>
      </form>
    </main>
  );
}
