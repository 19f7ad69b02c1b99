// Secrets: they can be written and removed, and never read.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { api, take } from "../api/client";
import { wordsOf } from "../api/error";
import type { Secret } from "../api/types";
import { shortRepository, visible } from "../text/visible";
import { Field } from "../ui/field";
import { When } from "../ui/when";
import { Confirm } from "./confirm";
import { Listing } from "./listing";

const SECRETS = ["secrets"];
type Holder = "user" | "team";

export function Secrets(): ReactNode {
  const queries = useQueryClient();
  const secrets = useQuery({ queryKey: SECRETS, queryFn: readAll });
  const reread = () => queries.invalidateQueries({ queryKey: SECRETS });
  const remove = (secret: Secret) => {
    const params = { path: { name: secret.name }, query: { id: secret.id } };
    return take<unknown>(secret.owner.type === "team" ? api.DELETE("/v1/team/secrets/{name}", { params }) : api.DELETE("/v1/secrets/{name}", { params })).then(reread);
  };
  return (
    <>
      <p className="faint">Runs get them as variables. Values are sealed in the database; nobody can read them here again.</p>
      <Listing query={secrets} empty="No secrets.">
        {(items) => (
          <table className="list">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Kind</th>
                <th scope="col">Whose</th>
                <th scope="col">Only for</th>
                <th scope="col">Made</th>
                <th scope="col">
                  <span className="off-screen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((secret) => (
                <tr key={secret.id}>
                  <td>
                    <code>{visible(secret.name)}</code>
                  </td>
                  <td>{secret.type === "runtime_secret" ? "secret" : "plain variable"}</td>
                  <td>{{ team: "everybody", user: "yours", environment: "an environment" }[secret.owner.type]}</td>
                  <td>{secret.repos.map(shortRepository).join(", ") || "all repositories"}</td>
                  <td>
                    <When at={secret.createdAt} />
                  </td>
                  <td className="numeric">
                    {secret.owner.type !== "environment" && (
                      <Confirm action="Delete" label={`Delete ${visible(secret.name)}`} title={`Delete ${visible(secret.name)}?`} onConfirm={() => remove(secret)}>
                        Runs that begin from now on do without it.
                      </Confirm>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Listing>
      <h2>New or changed secret</h2>
      <SetSecret onSet={() => void reread()} />
    </>
  );
}

async function readAll(): Promise<Secret[]> {
  const all: Secret[] = [];
  let cursor: string | undefined;
  do {
    const page = await take(api.GET("/v1/secrets", { params: { query: cursor === undefined ? {} : { cursor } } }));
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

function SetSecret({ onSet }: { onSet: () => void }): ReactNode {
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [holder, setHolder] = useState<Holder>("user");
  const [type, setType] = useState<"runtime_secret" | "environment_variable">("runtime_secret");
  const [repositories, setRepositories] = useState("");
  const set = useMutation({
    mutationFn: () => {
      const repos = repositories.split(/[\s,]+/).filter((part) => part !== "");
      const call = { params: { path: { name: name.trim() } }, body: { value, type, ...(repos.length === 0 ? {} : { repos }) } };
      return take(holder === "team" ? api.PUT("/v1/team/secrets/{name}", call) : api.PUT("/v1/secrets/{name}", call));
    },
    onSuccess: () => {
      setName("");
      setValue("");
      onSet();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate();
  };
  return (
    <form className="form card" onSubmit={submit} autoComplete="off">
      <div className="columns-2">
        <Field label="Name">{(ids) => <input {...ids} required maxLength={255} pattern="[A-Za-z_][A-Za-z0-9_]*" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label="Value" hint={value !== "" && value.length < 8 ? "Below 8 characters it is not hidden in transcripts." : undefined}>
          {(ids) => <input {...ids} type="password" autoComplete="new-password" required value={value} onChange={(event) => setValue(event.target.value)} />}
        </Field>
        <Field label="Kind">
          {(ids) => (
            <select {...ids} value={type} onChange={(event) => setType(event.target.value === "runtime_secret" ? "runtime_secret" : "environment_variable")}>
              <option value="runtime_secret">secret, hidden wherever it is shown</option>
              <option value="environment_variable">plain variable</option>
            </select>
          )}
        </Field>
        <Field label="Whose">
          {(ids) => (
            <select {...ids} value={holder} onChange={(event) => setHolder(event.target.value === "team" ? "team" : "user")}>
              <option value="user">yours</option>
              <option value="team">everybody's</option>
            </select>
          )}
        </Field>
        <Field label="Only for repositories" hint="Their addresses; empty is all.">
          {(ids) => <input {...ids} spellCheck={false} value={repositories} onChange={(event) => setRepositories(event.target.value)} />}
        </Field>
      </div>
      {set.isError && (
        <p role="alert" className="bad">
          {wordsOf(set.error)}
        </p>
      )}
      <button type="submit" className="primary start" disabled={set.isPending || name.trim() === "" || value === ""}>
        Save
      </button>
    </form>
  );
}
