// API keys of the account.

import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { api, take } from "../api/client";
import type { ApiKey, CreatedApiKey } from "../api/types";
import { moment } from "../text/format";
import { listOf } from "../text/list";
import { visible } from "../text/visible";
import { Field } from "../ui/field";
import { SelectField } from "../ui/select-field";
import type { Column } from "../ui/table";
import { When } from "../ui/when";
import { Confirm } from "./confirm";
import { Creation } from "./creation";
import { Listing, useListed } from "./listing";
import { ShownOnce } from "./shown-once";

const DAY_MS = 86_400_000;

export function Keys(): ReactNode {
  const keys = useListed("keys", async () => (await take(api.GET("/api/v1/keys"))).keys);
  const [made, setMade] = useState<CreatedApiKey>();
  const revoke = (id: string) => take(api.DELETE("/api/v1/keys/{id}", { params: { path: { id } } })).then(keys.reread);
  const columns: readonly Column<ApiKey>[] = [
    {
      head: "Name",
      cell: (key) => (
        <>
          {visible(key.name)} {key.kind === "service" && <span className="tag">service</span>} {key.current && <span className="tag">this session</span>}
        </>
      ),
    },
    { head: "Limits", cell: limitsOf },
    { head: "Made", cell: (key) => <When at={key.createdAt} /> },
    { head: "Ends", cell: (key) => (isRevoked(key) ? "revoked" : key.expiresAt === undefined ? "when revoked" : moment(key.expiresAt)) },
    {
      head: "Actions",
      kind: "actions",
      cell: (key) =>
        !isRevoked(key) && (
          <Confirm action="Revoke" label={`Revoke ${visible(key.name)}`} title={`Revoke “${visible(key.name)}”?`} onConfirm={() => revoke(key.id)}>
            Whoever uses it is shut out within a second. Its agents stay.
            {key.current && " It is the key of this session: you will be signed out."}
          </Confirm>
        ),
    },
  ];
  return (
    <>
      <p className="faint">Who has a key of this account sees its agents. Limits hold in every API and cannot be changed later.</p>
      <Listing label="List of keys" query={keys.query} empty="No keys." columns={columns} keyOf={(key) => key.id} isFaint={isRevoked} />
      <NewKey
        onMade={(key) => {
          setMade(key);
          void keys.reread();
        }}
        onLost={() => void keys.reread()}
      />
      {made !== undefined && <ShownOnce title={`The key “${visible(made.name)}”`} text={made.apiKey} onClose={() => setMade(undefined)} />}
    </>
  );
}

function isRevoked(key: ApiKey): boolean {
  return key.revokedAt !== undefined;
}

function limitsOf({ scope, projects, addresses }: ApiKey): string {
  const limits = [...(scope === "read" ? ["read only"] : []), ...projects.map((project) => `project ${project}`), ...addresses];
  return limits.length === 0 ? "none" : visible(limits.join(", "));
}

const SCOPES = [
  { value: "write", label: "read and change" },
  { value: "read", label: "read only" },
] as const;

/** Lifetimes in days; none is the whole. */
const LIFETIMES = [
  { value: "", label: "until it is revoked" },
  { value: "1", label: "1 day" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
] as const;

function NewKey({ onMade, onLost }: { onMade: (key: CreatedApiKey) => void; onLost: () => void }): ReactNode {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<(typeof SCOPES)[number]["value"]>("write");
  const [days, setDays] = useState<(typeof LIFETIMES)[number]["value"]>("");
  const [projects, setProjects] = useState("");
  const [addresses, setAddresses] = useState("");
  const create = useMutation({
    mutationFn: () => {
      const end = days === "" ? {} : { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() };
      return take(api.POST("/api/v1/keys", { body: { name: name.trim(), scope, projects: listOf(projects), addresses: listOf(addresses), ...end } }));
    },
    onSuccess: (key) => {
      setName("");
      onMade(key);
    },
    // Its secret is kept nowhere, so it cannot be asked for again: whose answer got lost is in the list, to be revoked.
    onError: onLost,
  });
  return (
    <Creation title="New key" action="Make the key" make={create} isReady={name.trim() !== ""}>
      <div className="columns-2">
        <Field label="Name">{(ids) => <input {...ids} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <SelectField label="Ends" options={LIFETIMES} value={days} onChange={setDays} />
        <SelectField label="May" options={SCOPES} value={scope} onChange={setScope} />
        <Field label="Only projects" hint="Their names; empty is all.">
          {(ids) => <input {...ids} value={projects} spellCheck={false} onChange={(event) => setProjects(event.target.value)} />}
        </Field>
        <Field label="Only from addresses" hint="Such as 10.2.0.0/16; empty is any.">
          {(ids) => <input {...ids} value={addresses} spellCheck={false} onChange={(event) => setAddresses(event.target.value)} />}
        </Field>
      </div>
    </Creation>
  );
}
