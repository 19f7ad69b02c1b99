// Addresses that are told of the ends of runs.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { api, newWish, take } from "../api/client";
import { wordsOf } from "../api/error";
import { Tries } from "../api/tries";
import type { WebhookEndpoint } from "../api/types";
import { visible } from "../text/visible";
import { Field } from "../ui/field";
import type { Column } from "../ui/table";
import { useToast } from "../ui/toasts";
import { When } from "../ui/when";
import { Confirm } from "./confirm";
import { Creation } from "./creation";
import { Deliveries } from "./deliveries";
import { Listing, useListed } from "./listing";
import { ShownOnce } from "./shown-once";

const STATUSES = ["FINISHED", "ERROR", "EXPIRED"];

export function Webhooks(): ReactNode {
  const queries = useQueryClient();
  const toast = useToast();
  const webhooks = useListed("webhooks", async () => (await take(api.GET("/api/v1/webhooks"))).webhooks);
  const [added, setAdded] = useState<WebhookEndpoint>();
  const params = (id: string) => ({ path: { id } });
  const remove = (id: string) => take<unknown>(api.DELETE("/api/v1/webhooks/{id}", { params: params(id) })).then(webhooks.reread);
  const test = useMutation({
    mutationFn: (id: string) => take(api.POST("/api/v1/webhooks/{id}/test", { params: { ...params(id), header: { "Idempotency-Key": newWish() } } })),
    onSuccess: () => {
      toast({ text: "A test is on its way; the log below shows what becomes of it." });
      void queries.invalidateQueries({ queryKey: ["deliveries"] });
    },
    onError: (error) => toast({ text: wordsOf(error), tone: "bad" }),
  });
  const columns: readonly Column<WebhookEndpoint>[] = [
    {
      head: "Address",
      cell: (webhook) => (
        <>
          {visible(webhook.url)} {webhook.stoppedAt !== undefined && <span className="tag bad">stopped: it answered 410</span>}
        </>
      ),
    },
    { head: "Told of", cell: (webhook) => (webhook.statuses.length === 0 ? "every end" : visible(webhook.statuses.join(", ").toLowerCase())) },
    { head: "Added", cell: (webhook) => <When at={webhook.createdAt} /> },
    {
      head: "Actions",
      kind: "actions",
      cell: (webhook) => (
        <>
          <button type="button" className="quiet" aria-label={`Test ${visible(webhook.url)}`} onClick={() => test.mutate(webhook.id)}>
            Test
          </button>
          <Confirm action="Remove" label={`Remove ${visible(webhook.url)}`} title="Remove the webhook?" onConfirm={() => remove(webhook.id)}>
            What was to be sent to {visible(webhook.url)} is dropped.
          </Confirm>
        </>
      ),
    },
  ];
  return (
    <>
      <Listing
        label="List of webhooks"
        query={webhooks.query}
        empty="No webhooks. Add an address, and it is told whenever a run ends."
        columns={columns}
        keyOf={(webhook) => webhook.id}
      />
      <AddWebhook
        onAdded={(webhook) => {
          setAdded(webhook);
          void webhooks.reread();
        }}
      />
      <Deliveries />
      {added?.secret !== undefined && <ShownOnce title="The webhook's secret" text={added.secret} onClose={() => setAdded(undefined)} />}
    </>
  );
}

function AddWebhook({ onAdded }: { onAdded: (webhook: WebhookEndpoint) => void }): ReactNode {
  const [url, setUrl] = useState("");
  const [statuses, setStatuses] = useState<readonly string[]>([]);
  const [tries] = useState(() => new Tries());
  const add = useMutation({
    mutationFn: () => {
      const body = { url: url.trim(), ...(statuses.length === 0 ? {} : { statuses: [...statuses] }) };
      return take(api.POST("/api/v1/webhooks", { params: { header: { "Idempotency-Key": tries.keyFor(body) } }, body }));
    },
    onSuccess: (webhook) => {
      tries.done();
      setUrl("");
      onAdded(webhook);
    },
  });
  const turn = (status: string) => setStatuses((old) => (old.includes(status) ? old.filter((each) => each !== status) : [...old, status]));
  return (
    <Creation title="New webhook" action="Add the webhook" make={add} isReady={url.trim() !== ""}>
      <Field label="Address" hint="Public and https, unless the configuration makes exceptions.">
        {(ids) => <input {...ids} type="url" required maxLength={2048} value={url} onChange={(event) => setUrl(event.target.value)} />}
      </Field>
      <fieldset className="checks">
        <legend>Told of (none chosen: every end)</legend>
        {STATUSES.map((status) => (
          <label key={status} className="check">
            <input type="checkbox" checked={statuses.includes(status)} onChange={() => turn(status)} /> {status.toLowerCase()}
          </label>
        ))}
      </fieldset>
    </Creation>
  );
}
