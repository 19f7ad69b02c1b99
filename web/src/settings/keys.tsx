// API keys of the account.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { api, take } from "../api/client";
import { wordsOf } from "../api/error";
import type { ApiKey, CreatedApiKey, NewApiKey } from "../api/types";
import { moment } from "../text/format";
import { visible } from "../text/visible";
import { Field } from "../ui/field";
import { When } from "../ui/when";
import { Confirm } from "./confirm";
import { Listing } from "./listing";
import { ShownOnce } from "./shown-once";

const KEYS = ["keys"];
const DAY_MS = 86_400_000;

export function Keys(): ReactNode {
  const queries = useQueryClient();
  const keys = useQuery({ queryKey: KEYS, queryFn: async () => (await take(api.GET("/api/v1/keys"))).keys });
  const [made, setMade] = useState<CreatedApiKey>();
  const reread = () => queries.invalidateQueries({ queryKey: KEYS });
  const revoke = (id: string) => take(api.DELETE("/api/v1/keys/{id}", { params: { path: { id } } })).then(reread);
  return (
    <>
      <p className="faint">Who has a key of this account sees its agents. Limits hold in every API and cannot be changed later.</p>
      <Listing query={keys} empty="No keys.">
        {(items) => (
          <table className="list">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Limits</th>
                <th scope="col">Made</th>
                <th scope="col">Ends</th>
                <th scope="col">
                  <span className="off-screen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((key) => (
                <KeyRow key={key.id} apiKey={key} onRevoke={() => revoke(key.id)} />
              ))}
            </tbody>
          </table>
        )}
      </Listing>
      <h2>New key</h2>
      <NewKey
        onMade={(key) => {
          setMade(key);
          void reread();
        }}
      />
      {made !== undefined && <ShownOnce title={`The key “${visible(made.name)}”`} text={made.apiKey} onClose={() => setMade(undefined)} />}
    </>
  );
}

function KeyRow({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => Promise<unknown> }): ReactNode {
  const limits = [apiKey.scope === "read" ? "read only" : undefined, ...apiKey.projects.map((project) => `project ${project}`), ...apiKey.addresses].filter((limit) => limit !== undefined);
  const ended = apiKey.revokedAt !== undefined;
  return (
    <tr className={ended ? "faint" : ""}>
      <td>
        {visible(apiKey.name)} {apiKey.kind === "service" && <span className="tag">service</span>} {apiKey.current === true && <span className="tag">this session</span>}
      </td>
      <td>{limits.length === 0 ? "none" : visible(limits.join(", "))}</td>
      <td>
        <When at={apiKey.createdAt} />
      </td>
      <td>{ended ? "revoked" : apiKey.expiresAt === undefined ? "when revoked" : moment(apiKey.expiresAt)}</td>
      <td className="numeric">
        {!ended && (
          <Confirm action="Revoke" label={`Revoke ${visible(apiKey.name)}`} title={`Revoke “${visible(apiKey.name)}”?`} onConfirm={onRevoke}>
            Whoever uses it is shut out within a second. Its agents stay.
            {apiKey.current === true && " It is the key of this session: you will be signed out."}
          </Confirm>
        )}
      </td>
    </tr>
  );
}

const LIFETIMES: readonly { label: string; days: number | undefined }[] = [
  { label: "until it is revoked", days: undefined },
  { label: "1 day", days: 1 },
  { label: "30 days", days: 30 },
  { label: "90 days", days: 90 },
  { label: "1 year", days: 365 },
];

function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== "");
}

function NewKey({ onMade }: { onMade: (key: CreatedApiKey) => void }): ReactNode {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<"write" | "read">("write");
  const [lifetime, setLifetime] = useState(0);
  const [projects, setProjects] = useState("");
  const [addresses, setAddresses] = useState("");
  const create = useMutation({
    mutationFn: () => {
      const days = LIFETIMES[lifetime]?.days;
      const body: NewApiKey = {
        name: name.trim(),
        scope,
        projects: listOf(projects),
        addresses: listOf(addresses),
        ...(days === undefined ? {} : { expiresAt: new Date(Date.now() + days * DAY_MS).toISOString() }),
      };
      return take(api.POST("/api/v1/keys", { body }));
    },
    onSuccess: (key) => {
      setName("");
      onMade(key);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form className="form card" onSubmit={submit}>
      <div className="columns-2">
        <Field label="Name">{(ids) => <input {...ids} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label="Ends">
          {(ids) => (
            <select {...ids} value={lifetime} onChange={(event) => setLifetime(Number(event.target.value))}>
              {LIFETIMES.map(({ label }, place) => (
                <option key={label} value={place}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="May">
          {(ids) => (
            <select {...ids} value={scope} onChange={(event) => setScope(event.target.value === "read" ? "read" : "write")}>
              <option value="write">read and change</option>
              <option value="read">read only</option>
            </select>
          )}
        </Field>
        <Field label="Only projects" hint="Their names; empty is all.">
          {(ids) => <input {...ids} value={projects} spellCheck={false} onChange={(event) => setProjects(event.target.value)} />}
        </Field>
        <Field label="Only from addresses" hint="Such as 10.2.0.0/16; empty is any.">
          {(ids) => <input {...ids} value={addresses} spellCheck={false} onChange={(event) => setAddresses(event.target.value)} />}
        </Field>
      </div>
      {create.isError && (
        <p role="alert" className="bad">
          {wordsOf(create.error)}
        </p>
      )}
      <button type="submit" className="primary start" disabled={create.isPending || name.trim() === ""}>
        Make the key
      </button>
    </form>
  );
}
