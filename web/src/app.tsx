// Which page is shown: the form for a key, the list of agents, or one agent.

import { useMemo, useState, type ReactNode } from "react";

import { AgentList } from "./agent-list";
import { AgentPage } from "./agent-page";
import { Api } from "./api";
import { KeyForm } from "./key-form";
import { forgetKey, storedKey, storeKey } from "./key";

export function App(): ReactNode {
  const [key, setKey] = useState(storedKey);
  const [refusal, setRefusal] = useState<string>();
  const api = useMemo(() => (key === null ? undefined : new Api(key)), [key]);
  const id = new URLSearchParams(window.location.search).get("id");

  const leave = (why?: string) => {
    forgetKey();
    setRefusal(why);
    setKey(null);
  };
  const enter = (entered: string) => {
    storeKey(entered);
    setRefusal(undefined);
    setKey(entered);
  };

  return (
    <>
      <header className="top">
        <a className="brand" href="/agents">
          Outwork
        </a>
        {api !== undefined && (
          <button type="button" className="quiet" onClick={() => leave()}>
            Forget key
          </button>
        )}
      </header>
      <main>
        {api === undefined && <KeyForm refusal={refusal} onKey={enter} />}
        {api !== undefined && id === null && <AgentList api={api} onRefused={leave} />}
        {api !== undefined && id !== null && <AgentPage key={id} api={api} id={id} onRefused={leave} />}
      </main>
    </>
  );
}
