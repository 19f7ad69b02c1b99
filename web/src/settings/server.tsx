// What state the server is in: its sandbox, its workers, and what its doctor finds.

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { api, take } from "../api/client";
import type { Check, ServerStatus, Worker } from "../api/types";
import { entry } from "../text/entry";
import { moment, plural } from "../text/format";
import { visible } from "../text/visible";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { Table, type Column } from "../ui/table";

const POLL_MS = 5000;

const LEVELS: Record<string, { words: string; tone: string }> = {
  full: { words: "Full: every wall is in force.", tone: "good" },
  "full-noproc": { words: "Full, without /proc inside.", tone: "good" },
  weak: { words: "Weak: no network, but files that the server's user may open stay in reach.", tone: "busy" },
  none: { words: "None: agents run unconfined, with the server's own rights.", tone: "bad" },
};
const BEING_TRIED = { words: "Is being tried; no run begins before.", tone: "busy" };
const DIALECTS = [
  ["cursorV0", "Cursor v0"],
  ["cursorV1", "Cursor v1"],
  ["mintlify", "Mintlify"],
  ["jules", "Jules"],
] as const;

export function Server(): ReactNode {
  const status = useQuery({ queryKey: ["server"], queryFn: () => take(api.GET("/api/v1/server")), refetchInterval: POLL_MS, retry: false });
  return (
    <>
      {status.error !== null && status.data === undefined && <Failure error={status.error} onRetry={() => void status.refetch()} />}
      {status.isPending && <Spinner />}
      {status.data !== undefined && <Status status={status.data} />}
      <h2>Doctor</h2>
      <DoctorFindings />
    </>
  );
}

const WORKERS: readonly Column<Worker>[] = [
  {
    head: "Worker",
    cell: (worker) => (
      <>
        {visible(worker.id)} {worker.embedded && <span className="tag">in the server</span>}
      </>
    ),
  },
  { head: "At work", kind: "numeric", cell: (worker) => (worker.slots === undefined ? worker.busy : `${worker.busy} of ${worker.slots}`) },
];

function Status({ status }: { status: ServerStatus }): ReactNode {
  const { level, state } = status.sandbox;
  const sandbox = state === "being_tried" ? BEING_TRIED : (entry(LEVELS, level) ?? { words: level, tone: "quiet" });
  const dialects = DIALECTS.filter(([name]) => status.dialects[name]).map(([, words]) => words);
  return (
    <>
      <dl className="facts">
        <dt>Sandbox</dt>
        <dd className={`state ${sandbox.tone}`}>
          <span className="dot" aria-hidden="true" />
          {visible(sandbox.words)}
        </dd>
        <dt>Queue</dt>
        <dd>
          {plural(status.queue.active, "run")} at work, {status.queue.waiting} waiting
        </dd>
        <dt>Address</dt>
        <dd>{visible(status.publicUrl)}</dd>
        <dt>Version</dt>
        <dd>
          {visible(status.version)}, started {moment(status.startedAt)}
        </dd>
        <dt>APIs</dt>
        <dd>{["Outwork", ...dialects].join(", ")}</dd>
      </dl>
      <h2>Workers</h2>
      {status.workers.length === 0 ? (
        <p className="empty">No worker: runs wait in the queue.</p>
      ) : (
        <Table label="Workers" columns={WORKERS} rows={status.workers} keyOf={(worker) => worker.id} />
      )}
    </>
  );
}

function DoctorFindings(): ReactNode {
  const doctor = useQuery({ queryKey: ["doctor"], queryFn: () => take(api.GET("/api/v1/doctor")), staleTime: 60_000, retry: false });
  if (doctor.error !== null && doctor.data === undefined) return <Failure error={doctor.error} onRetry={() => void doctor.refetch()} />;
  if (doctor.data === undefined) return <Spinner label="The doctor looks" />;
  return (
    <>
      <p className={doctor.data.ok ? "good" : "bad"}>{doctor.data.ok ? "Agents can run here." : "Something that agents need is missing."}</p>
      <ul className="findings">
        {[...doctor.data.checks].sort((one, other) => weight(other) - weight(one)).map((check) => (
          <li key={check.name}>
            <span className={`state ${tone(check)}`}>
              <span className="dot" aria-hidden="true" />
              {visible(check.status)}
            </span>
            <span>
              <strong>{visible(check.name)}</strong> <span className="faint">{visible(check.found)}</span>
              {check.remedy !== undefined && <span className="remedy">{visible(check.remedy)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function tone(check: Check): string {
  return check.status === "ok" ? "good" : check.status === "warning" ? "busy" : "bad";
}

function weight(check: Check): number {
  return entry({ ok: 0, warning: 1 }, check.status) ?? 2;
}
