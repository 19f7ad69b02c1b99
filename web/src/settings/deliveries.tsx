// What webhooks were told, try by try; each delivery can be sent once more.

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { api, newWish, take } from "../api/client";
import { wordsOf } from "../api/error";
import { Link } from "../app/link";
import { agentAddress } from "../app/router";
import type { Attempt, Delivery } from "../api/types";
import { useIsReadOnly } from "../session/read-only";
import { entry } from "../text/entry";
import { duration, moment } from "../text/format";
import { visible } from "../text/visible";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { Table, type Column } from "../ui/table";
import { useToast } from "../ui/toasts";
import { When } from "../ui/when";

const PAGE = 50;
const POLL_MS = 5000;
const STATES = [
  { value: "", label: "All" },
  { value: "waiting", label: "Waiting" },
  { value: "delivered", label: "Delivered" },
  { value: "given_up", label: "Given up" },
];
const TONES: Record<string, string> = { waiting: "busy", delivered: "good", given_up: "bad" };

export function Deliveries(): ReactNode {
  const [state, setState] = useState("");
  const log = useInfiniteQuery({
    queryKey: ["deliveries", state],
    queryFn: async ({ pageParam }) => {
      const query = { limit: PAGE, ...(state === "" ? {} : { state }), ...(pageParam === undefined ? {} : { before: pageParam }) };
      return (await take(api.GET("/api/v1/deliveries", { params: { query } }))).deliveries;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.length < PAGE ? undefined : page.at(-1)?.id),
    // All pages are read again, so the more there are the less often.
    refetchInterval: (query) => POLL_MS * Math.max(1, query.state.data?.pages.length ?? 1),
  });
  const all = log.data?.pages.flat();
  return (
    <>
      <h2>Deliveries</h2>
      <div role="group" aria-label="Which deliveries" className="chips">
        {STATES.map((each) => (
          <button key={each.value} type="button" className="chip" aria-pressed={state === each.value} onClick={() => setState(each.value)}>
            {each.label}
          </button>
        ))}
      </div>
      {log.error !== null && all === undefined && <Failure error={log.error} onRetry={() => void log.refetch()} />}
      {log.isPending && <Spinner label="Loading deliveries" />}
      {all?.length === 0 && <p className="empty">None.</p>}
      {all !== undefined && all.length > 0 && (
        <ul className="deliveries">
          {all.map((delivery) => (
            <OneDelivery key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
      {log.hasNextPage && (
        <button type="button" className="start" disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          Older ones
        </button>
      )}
    </>
  );
}

function OneDelivery({ delivery }: { delivery: Delivery }): ReactNode {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  const toast = useToast();
  const isReadOnly = useIsReadOnly();
  const again = useMutation({
    mutationFn: () => take(api.POST("/api/v1/deliveries/{id}/redeliver", { params: { path: { id: delivery.id }, header: { "Idempotency-Key": newWish() } } })),
    onSuccess: () => toast({ text: "It is sent once more." }),
    onError: (error) => toast({ text: wordsOf(error), tone: "bad" }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["deliveries"] });
      void queries.invalidateQueries({ queryKey: ["delivery", delivery.id] });
    },
  });
  return (
    <li className="card delivery">
      <div className="delivery-head">
        <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className={`state ${entry(TONES, delivery.state) ?? ""}`}>
            <span className="dot" aria-hidden="true" />
            {visible(delivery.state.replace("_", " "))}
          </span>
          <span>{visible(delivery.event)}</span>
          <span className="faint">{delivery.attemptCount === 1 ? "1 try" : `${delivery.attemptCount} tries`}</span>
          <span className="faint">
            <When at={delivery.createdAt} />
          </span>
        </button>
        {delivery.agentId !== undefined && <Link to={agentAddress(delivery.agentId)}>Agent</Link>}
        {!isReadOnly && (
          <button type="button" className="quiet" disabled={again.isPending} onClick={() => again.mutate()} aria-label={`Send ${delivery.id} again`}>
            Send again
          </button>
        )}
      </div>
      {open && <Attempts id={delivery.id} />}
    </li>
  );
}

const ATTEMPTS: readonly Column<Attempt>[] = [
  { head: "Try", cell: (attempt) => attempt.number },
  { head: "At", cell: (attempt) => moment(attempt.at) },
  {
    head: "Answer",
    cell: (attempt) => (
      <>
        {attempt.status ?? ""} {attempt.error !== undefined && <span className="bad">{visible(attempt.error)}</span>}
        {attempt.excerpt !== undefined && <pre className="excerpt">{visible(attempt.excerpt)}</pre>}
      </>
    ),
  },
  { head: "Took", kind: "numeric", cell: (attempt) => duration(attempt.durationMs) },
];

function Attempts({ id }: { id: string }): ReactNode {
  const found = useQuery({
    queryKey: ["delivery", id],
    queryFn: () => take(api.GET("/api/v1/deliveries/{id}", { params: { path: { id } } })),
    refetchInterval: POLL_MS,
  });
  if (found.error !== null && found.data === undefined) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Spinner />;
  const { attempts = [], url, body, dueAt } = found.data;
  return (
    <div className="attempts">
      <dl className="facts">
        <dt>Id</dt>
        <dd>
          <code>{id}</code>
        </dd>
        {url !== undefined && (
          <>
            <dt>To</dt>
            <dd>{visible(url)}</dd>
          </>
        )}
        {dueAt !== undefined && (
          <>
            <dt>Next try</dt>
            <dd>{moment(dueAt)}</dd>
          </>
        )}
      </dl>
      {attempts.length > 0 && <Table label="Tries" columns={ATTEMPTS} rows={attempts} keyOf={(attempt) => attempt.number} />}
      <pre className="preview" tabIndex={0} aria-label="What is sent">
        {visible(pretty(body))}
      </pre>
    </div>
  );
}

/** JSON over several lines; what is none stays as it is. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
