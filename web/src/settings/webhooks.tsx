// Addresses that are told of the ends of runs.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { api, newWish, take } from "../api/client";
import { wordsOf } from "../api/error";
import type { WebhookEndpoint } from "../api/types";
import { visible } from "../text/visible";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { When } from "../ui/when";
import { Confirm } from "./confirm";
import { Deliveries } from "./deliveries";
import { Listing } from "./listing";
import { ShownOnce } from "./shown-once";

const WEBHOOKS = ["webhooks"];
const STATUSES = ["FINISHED", "ERROR", "EXPIRED"];

export function Webhooks(): ReactNode {
  const queries = useQueryClient();
  const toast = useToast();
  const webhooks = useQuery({ queryKey: WEBHOOKS, queryFn: async () => (await take(api.GET("/api/v1/webhooks"))).webhooks });
  const [added, setAdded] = useState<WebhookEndpoint>();
  const reread = () => queries.invalidateQueries({ queryKey: WEBHOOKS });
  const params = (id: string) => ({ path: { id } });
  const remove = (id: string) => take<unknown>(api.DELETE("/api/v1/webhooks/{id}", { params: params(id) })).then(reread);
  const test = useMutation({
    mutationFn: (id: string) => take(api.POST("/api/v1/webhooks/{id}/test", { params: { ...params(id), header: { "Idempotency-Key": newWish() } } })),
    onSuccess: () => {
      toast({ text: "A test is on its way; the log below shows what becomes of it." });
      void queries.invalidateQueries({ queryKey: ["deliveries"] });
    },
    onError: (error) => toast({ text: wordsOf(error), tone: "bad" }),
  });
  return (
    <>
      <Listing query={webhooks} empty="No webhooks. Add an address, and it is told whenever a run ends.">
        {(items) => (
          <table className="list">
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col">Told of</th>
                <th scope="col">Added</th>
                <th scope="col">
                  <span className="off-screen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((webhook) => (
                <tr key={webhook.id}>
                  <td>
                    {visible(webhook.url)} {webhook.stoppedAt !== undefined && <span className="tag bad">stopped: it answered 410</span>}
                  </td>
                  <td>{webhook.statuses.length === 0 ? "every end" : visible(webhook.statuses.join(", ").toLowerCase())}</td>
                  <td>
                    <When at={webhook.createdAt} />
                  </td>
                  <td className="numeric">
                    <span className="actions">
                      <button type="button" className="quiet" aria-label={`Test ${visible(webhook.url)}`} onClick={() => test.mutate(webhook.id)}>
                        Test
                      </button>
                      <Confirm action="Remove" label={`Remove ${visible(webhook.url)}`} title="Remove the webhook?" onConfirm={() => remove(webhook.id)}>
                        What was to be sent to {visible(webhook.url)} is dropped.
                      </Confirm>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Listing>
      <h2>New webhook</h2>
      <AddWebhook
        onAdded={(webhook) => {
          setAdded(webhook);
          void reread();
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
  const [wish, setWish] = useState(newWish);
  const add = useMutation({
    mutationFn: () => take(api.POST("/api/v1/webhooks", { params: { header: { "Idempotency-Key": wish } }, body: { url: url.trim(), ...(statuses.length === 0 ? {} : { statuses: [...statuses] }) } })),
    onSuccess: (webhook) => {
      setUrl("");
      onAdded(webhook);
    },
    onSettled: () => setWish(newWish()),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form className="form card" onSubmit={submit}>
      <Field label="Address" hint="Public and https, unless the configuration makes exceptions.">
        {(ids) => <input {...ids} type="url" required maxLength={2048} value={url} onChange={(event) => setUrl(event.target.value)} />}
      </Field>
      <fieldset className="checks">
        <legend>Told of (none chosen: every end)</legend>
        {STATUSES.map((status) => (
          <label key={status} className="check">
            <input
              type="checkbox"
              checked={statuses.includes(status)}
              onChange={(event) => setStatuses(event.target.checked ? [...statuses, status] : statuses.filter((each) => each !== status))}
            />{" "}
            {status.toLowerCase()}
          </label>
        ))}
      </fieldset>
      {add.isError && (
        <p role="alert" className="bad">
          {wordsOf(add.error)}
        </p>
      )}
      <button type="submit" className="primary start" disabled={add.isPending || url.trim() === ""}>
        Add the webhook
      </button>
    </form>
  );
}
