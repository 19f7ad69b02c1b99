// Stop, archive and delete. What can be taken back can be taken back here.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { MouseEvent, ReactNode } from "react";

import { leave, stay } from "../agents/leaving";
import { api, newWish, take } from "../api/client";
import { ApiError, wordsOf } from "../api/error";
import type { Agent } from "../api/types";
import { agentAddress, navigate } from "../app/router";
import { useIsReadOnly } from "../session/read-only";
import { isFinal, isStoppable } from "../text/states";
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
    void queries.invalidateQueries({ queryKey: ["facets"] });
  };
  const wish = () => ({ path, header: { "Idempotency-Key": newWish() } });
  const stop = useMutation({ mutationFn: () => take(api.POST("/v0/agents/{id}/stop", { params: wish() })), onError: failed, onSettled: settled });
  const unarchive = useMutation({ mutationFn: () => take(api.POST("/v1/agents/{id}/unarchive", { params: wish() })), onError: failed, onSettled: settled });
  const archive = useMutation({
    mutationFn: async () => {
      const ran = agent.runs.some((run) => !isFinal(run.state));
      await take(api.POST("/v1/agents/{id}/archive", { params: wish() }));
      return ran;
    },
    onError: failed,
    onSuccess: (ran) => toast({ text: ran ? "Archived. Its runs were stopped." : "Archived.", action: { label: "Undo", run: () => unarchive.mutate() } }),
    onSettled: settled,
  });

  const remove = useMutation({
    mutationFn: async () => {
      try {
        await take(api.DELETE("/v1/agents/{id}", { params: { path }, keepalive: true }));
      } catch (error) {
        // Somebody else was faster.
        if (!(error instanceof ApiError && error.code === "agent_not_found")) throw error;
      }
    },
    onSuccess: () => leave(queries, agent, { deletedAt: Date.now() }),
    onError: (error) => {
      stay(queries, agent.id);
      failed(error);
    },
    onSettled: settled,
  });
  const announceRemoval = () => {
    navigate("/agents");
    const takeBack = toast({
      text: `“${agent.name}” will be deleted with its transcript, files and workspace. Its branch stays.`,
      lastsMs: UNDO_MS,
      action: {
        label: "Undo",
        run: () => {
          stay(queries, agent.id);
          navigate(agentAddress(agent.id));
        },
      },
      onGone: () => {
        leave(queries, agent, {});
        return remove.mutateAsync().catch(() => undefined);
      },
    });
    leave(queries, agent, { takeBack });
  };

  /** A button that is off or gone would take the focus with it. */
  const doing = (act: () => void) => (event: MouseEvent<HTMLButtonElement>) => {
    event.currentTarget.closest("header")?.querySelector("h1")?.focus({ preventScroll: true });
    act();
  };

  if (useIsReadOnly()) return null;
  return (
    <div className="actions">
      {agent.runs.some((run) => isStoppable(run.state)) && (
        <button type="button" onClick={doing(stop.mutate)} disabled={stop.isPending}>
          Stop
        </button>
      )}
      {agent.archivedAt === undefined ? (
        <button type="button" className="quiet" onClick={doing(archive.mutate)} disabled={archive.isPending}>
          Archive
        </button>
      ) : (
        <button type="button" onClick={doing(unarchive.mutate)} disabled={unarchive.isPending}>
          Unarchive
        </button>
      )}
      <button type="button" className="quiet danger" onClick={announceRemoval}>
        Delete
      </button>
    </div>
  );
}
