// The files that an agent left, with a look into images and texts.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";

import { api, take } from "../api/client";
import { errorOf } from "../api/error";
import { OURS } from "../api/ours";
import type { Agent, Artifact } from "../api/types";
import { bytes } from "../text/format";
import { visiblePath } from "../text/visible";
import { AnsiText } from "../ansi/ansi-text";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { When } from "../ui/when";
import { kindOf } from "./artifact-kind";

/** More is not looked into; it can be downloaded. */
const PREVIEW_MOST_BYTES = 10_000_000;
const TEXT_MOST_CHARS = 200_000;

export function Artifacts({ agent }: { agent: Agent }): ReactNode {
  const found = useQuery({
    queryKey: ["artifacts", agent.id],
    queryFn: async () => (await take(api.GET("/v1/agents/{id}/artifacts", { params: { path: { id: agent.id } } }))).items,
    staleTime: 0,
  });
  const readAt = useRef(agent.updatedAt);
  useEffect(() => {
    if (readAt.current === agent.updatedAt) return;
    readAt.current = agent.updatedAt;
    void found.refetch();
  }, [agent.updatedAt]);
  const [open, setOpen] = useState<string>();
  if (found.error !== null && found.data === undefined) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Spinner label="Loading files" />;
  if (found.data.length === 0) {
    return (
      <p className="empty">
        <span>
          No files. What a run leaves in <code>$OUTWORK_ARTIFACTS</code> is kept here.
        </span>
      </p>
    );
  }
  return (
    <ul className="artifacts">
      {found.data.map((artifact) => (
        <li key={artifact.path} className="card">
          <OneArtifact agentId={agent.id} artifact={artifact} open={open === artifact.path} onToggle={() => setOpen(open === artifact.path ? undefined : artifact.path)} />
        </li>
      ))}
    </ul>
  );
}

interface OneProps {
  agentId: string;
  artifact: Artifact;
  open: boolean;
  onToggle: () => void;
}

/** A link of the server's, taken from where this page came from: the server may have another public address. */
async function linkTo(agentId: string, path: string): Promise<string> {
  const { url } = await take(api.GET("/v1/agents/{id}/artifacts/download", { params: { path: { id: agentId }, query: { path } } }));
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function OneArtifact({ agentId, artifact, open, onToggle }: OneProps): ReactNode {
  const [failure, setFailure] = useState<unknown>();
  const name = artifact.path.replace(/^artifacts\//, "");
  const download = () => {
    setFailure(undefined);
    linkTo(agentId, artifact.path).then((link) => location.assign(link), setFailure);
  };
  const looksInto = kindOf(name) !== "other" && artifact.sizeBytes <= PREVIEW_MOST_BYTES;
  return (
    <>
      <div className="artifact">
        {looksInto ? (
          <button type="button" className="fold" aria-expanded={open} onClick={onToggle}>
            <bdi>{visiblePath(name)}</bdi>
          </button>
        ) : (
          <bdi className="artifact-name">{visiblePath(name)}</bdi>
        )}
        <span className="faint numeric">{bytes(artifact.sizeBytes)}</span>
        <span className="faint numeric">
          <When at={artifact.updatedAt} />
        </span>
        <button type="button" className="quiet" onClick={download} aria-label={`Download ${visiblePath(name)}`}>
          Download
        </button>
      </div>
      {failure !== undefined && <Failure error={failure} />}
      {open && <Preview agentId={agentId} artifact={artifact} name={name} />}
    </>
  );
}

function Preview({ agentId, artifact, name }: { agentId: string; artifact: Artifact; name: string }): ReactNode {
  const kind = kindOf(name);
  const content = useQuery({
    queryKey: ["artifact", agentId, artifact.path, artifact.updatedAt],
    queryFn: async () => {
      const response = await fetch(await linkTo(agentId, artifact.path), { credentials: "omit", headers: OURS });
      if (!response.ok) throw errorOf(response.status, await response.json().catch(() => undefined));
      return response.arrayBuffer();
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  if (content.error !== null && content.data === undefined) return <Failure error={content.error} onRetry={() => void content.refetch()} />;
  if (content.data === undefined) return <Spinner label="Loading" />;
  if (kind === "text") {
    const text = new TextDecoder().decode(content.data);
    return (
      <pre className="preview" tabIndex={0}>
        <AnsiText text={text.slice(0, TEXT_MOST_CHARS)} />
        {text.length > TEXT_MOST_CHARS && "\n… (download it to see the rest)"}
      </pre>
    );
  }
  return kind === "other" ? null : <Picture content={content.data} type={kind} name={name} />;
}

function Picture({ content, type, name }: { content: ArrayBuffer; type: string; name: string }): ReactNode {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    // The type is ours, by the name's ending, and always that of an image: the bytes can be no page.
    const made = URL.createObjectURL(new Blob([content], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [content, type]);
  return address === undefined ? null : <img className="preview" src={address} alt={visiblePath(name)} />;
}
