// Secrets: they can be written and removed, and never read.

import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { api, take } from "../api/client";
import type { Secret } from "../api/types";
import { listOf } from "../text/list";
import { shortRepository, visible } from "../text/visible";
import { Field } from "../ui/field";
import { SelectField } from "../ui/select-field";
import type { Column } from "../ui/table";
import { When } from "../ui/when";
import { Confirm } from "./confirm";
import { Creation } from "./creation";
import { withoutLineEnd } from "./line-end";
import { Listing, useListed } from "./listing";

export function Secrets(): ReactNode {
  const secrets = useListed("secrets", readAll);
  const remove = (secret: Secret) => {
    const params = { path: { name: secret.name }, query: { id: secret.id } };
    return take<unknown>(secret.owner.type === "team" ? api.DELETE("/v1/team/secrets/{name}", { params }) : api.DELETE("/v1/secrets/{name}", { params })).then(secrets.reread);
  };
  const columns: readonly Column<Secret>[] = [
    { head: "Name", cell: (secret) => <code>{visible(secret.name)}</code> },
    { head: "Kind", cell: (secret) => (secret.type === "runtime_secret" ? "secret" : "plain variable") },
    { head: "Whose", cell: (secret) => ({ team: "everybody", user: "yours", environment: "an environment" })[secret.owner.type] },
    { head: "Only for", cell: (secret) => secret.repos.map(shortRepository).join(", ") || "all" },
    { head: "Made", cell: (secret) => <When at={secret.createdAt} /> },
    {
      head: "Actions",
      kind: "actions",
      cell: (secret) =>
        secret.owner.type !== "environment" && (
          <Confirm action="Delete" label={`Delete ${visible(secret.name)}`} title={`Delete ${visible(secret.name)}?`} onConfirm={() => remove(secret)}>
            Runs that begin from now on do without it.
          </Confirm>
        ),
    },
  ];
  return (
    <>
      <p className="faint">Runs get them as variables. Values are sealed in the database; nobody can read them here again.</p>
      <Listing label="List of secrets" query={secrets.query} empty="No secrets." columns={columns} keyOf={(secret) => secret.id} />
      <SetSecret onSet={() => void secrets.reread()} />
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

const TYPES = [
  { value: "runtime_secret", label: "secret, hidden wherever it is shown" },
  { value: "environment_variable", label: "plain variable" },
] as const;
const HOLDERS = [
  { value: "user", label: "yours" },
  { value: "team", label: "everybody's" },
] as const;
/** Shorter ones stand in too many texts by chance. */
const HIDDEN_LEAST_CHARS = 8;

function SetSecret({ onSet }: { onSet: () => void }): ReactNode {
  const [name, setName] = useState("");
  const [written, setWritten] = useState("");
  const [holder, setHolder] = useState<(typeof HOLDERS)[number]["value"]>("user");
  const [type, setType] = useState<(typeof TYPES)[number]["value"]>("runtime_secret");
  const [repositories, setRepositories] = useState("");
  const value = withoutLineEnd(written);
  const set = useMutation({
    mutationFn: () => {
      const repos = listOf(repositories);
      const call = { params: { path: { name: name.trim() } }, body: { value, type, ...(repos.length === 0 ? {} : { repos }) } };
      return take(holder === "team" ? api.PUT("/v1/team/secrets/{name}", call) : api.PUT("/v1/secrets/{name}", call));
    },
    onSuccess: () => {
      setName("");
      setWritten("");
      onSet();
    },
  });
  return (
    <Creation title="New or changed secret" action="Save" make={set} isReady={name.trim() !== "" && value !== ""}>
      <div className="columns-2">
        <Field label="Name">{(ids) => <input {...ids} required maxLength={255} pattern="[A-Za-z_][A-Za-z0-9_]*" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label="Value" hint={value !== "" && value.length < HIDDEN_LEAST_CHARS ? `Below ${HIDDEN_LEAST_CHARS} characters it is not hidden in transcripts.` : undefined}>
          {/* A field for passwords would join the lines of a private key. */}
          {(ids) => <textarea {...ids} className="masked" rows={1} autoComplete="off" autoCorrect="off" autoCapitalize="off" spellCheck={false} required value={written} onChange={(event) => setWritten(event.target.value)} />}
        </Field>
        <SelectField label="Kind" options={TYPES} value={type} onChange={setType} />
        <SelectField label="Whose" options={HOLDERS} value={holder} onChange={setHolder} />
        <Field label="Only for repositories" hint="Their addresses; empty is all.">
          {(ids) => <input {...ids} spellCheck={false} value={repositories} onChange={(event) => setRepositories(event.target.value)} />}
        </Field>
      </div>
    </Creation>
  );
}
