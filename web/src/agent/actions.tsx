// Stop, archive and delete. What can be taken back can be taken back here.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { api, newWish, take } from "../api/client";
import { wordsOf } from "../api/error";
import type { Agent } from "../api/types";
import { navigate } from "../app/router";
import { isStoppable } from "../text/states";
import { useToast } from "../ui/toasts";
import { agentKey } from "./use-agent";

/** So long a deletion can be taken back; only then is the server told. */
const UNDO_MS = 8000;

export function Actions({ agent }: { agent: Agent }): ReactNode {
  const queries = useQueryClient();
  const toast = useToast();
  const path = { id: agent.id };
  const failed = (error: unknown) => toast({ text: wordsOf(error), tone: "bad" });
  const settled = () => {
    void queries.invalidateQueries({ queryKey: agentKey(agent.id) });
    void queries.invalidateQueries({ queryKey: ["agents"] });
  };
  const wish = () => ({ path, header: { "Idempotency-Key": newWish() } });
  const stop = useMutation({ mutationFn: () => take(api.POST("/v0/agents/{id}/stop", { params: wish() })), onError: failed, onSettled: settled });
  const unarchive = useMutation({ mutationFn: () => take(api.POST("/v1/agents/{id}/unarchive", { params: wish() })), onError: failed, onSettled: settled });
  const archive = useMutation({
    mutationFn: () => take(api.POST("/v1/agents/{id}/archive", { params: wish() })),
    onError: failed,
    onSuccess: () => toast({ text: "Archived. Its runs were stopped.", action: { label: "Undo", run: () => unarchive.mutate() } }),
    onSettled: settled,
  });

  const remove = () => {
    navigate("/agents");
    toast({
      text: `“${agent.name}” will be deleted with its transcript, files and workspace. Its branch stays.`,
      lastsMs: UNDO_MS,
      action: { label: "Undo", run: () => navigate(`/agents?id=${encodeURIComponent(agent.id)}`) },
      onGone: () => {
        take(api.DELETE("/v1/agents/{id}", { params: { path }, keepalive: true })).then(settled, failed);
      },
    });
  };

  return (
    <div className="actions">
      {agent.runs.some((run) => isStoppable(run.state)) && (
        <button type="button" onClick={() => stop.mutate()} disabled={stop.isPending}>
          Stop
        </button>
      )}
      {agent.archivedAt === undefined ? (
        <button type="button" className="quiet" onClick={() => archive.mutate()} disabled={archive.isPending}>
          Archive
        </button>
      ) : (
        <button type="button" onClick={() => unarchive.mutate()} disabled={unarchive.isPending}>
          Unarchive
        </button>
      )}
      <button type="button" className="quiet danger" onClick={remove}>
        Delete
      </button>
    </div>
  );
}
