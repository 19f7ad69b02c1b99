// An agent's pull requests; those that Outwork keeps itself can be merged and closed here.

import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useRef, useState, type ReactNode } from "react";

import { api, newWish, take } from "../api/client";
import { ApiError } from "../api/error";
import type { Agent, AgentRepository, PullRequest } from "../api/types";
import { safeLink } from "../markdown/links";
import { useIsReadOnly } from "../session/read-only";
import { isFinal } from "../text/states";
import { visible } from "../text/visible";
import { PullRequestMark } from "../ui/pull-request-mark";
import { Question } from "../ui/question";
import { Refusal } from "../ui/refusal";
import { useToast } from "../ui/toasts";
import { agentKey } from "./use-agent";

interface Props {
  agent: Agent;
  onReview: () => void;
}

export function PullRequests({ agent, onReview }: Props): ReactNode {
  const shown = agent.repositories.filter((one) => safeLink(one.pullRequestUrl) !== undefined);
  if (shown.length === 0) return null;
  return (
    <section className="pull-requests" aria-label="Pull requests">
      {shown.map((one) => (
        <OnePullRequest key={one.pullRequestUrl} agent={agent} repository={one} onReview={onReview} />
      ))}
    </section>
  );
}

/** The pull request of that address if it is Outwork's own; null if it is on a forge. */
function useOwnPullRequest(address: string): UseQueryResult<PullRequest | null> {
  const number = Number(/\/pulls\/(\d+)$/.exec(new URL(address).pathname)?.[1] ?? 0);
  return useQuery({
    queryKey: ["pull-request", address],
    queryFn: async () => {
      if (number === 0) return null;
      try {
        const found = await take(api.GET("/api/v1/pull-requests/{number}", { params: { path: { number } } }));
        return found.url === address ? found : null;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: 15_000,
  });
}

type Wish = "merge" | "close";

function OnePullRequest({ agent, repository, onReview }: { agent: Agent; repository: AgentRepository; onReview: () => void }): ReactNode {
  const address = safeLink(repository.pullRequestUrl) ?? "";
  const found = useOwnPullRequest(address);
  const own = found.data;
  const [asked, setAsked] = useState<Wish>();
  const state = own?.state ?? repository.pullRequestState;
  const number = own?.number ?? /\/(\d+)\/?$/.exec(new URL(address).pathname)?.[1];
  const busy = agent.runs.some((run) => !isFinal(run.state));
  const isReadOnly = useIsReadOnly();
  return (
    <div className="card pull-request">
      <PullRequestMark state={state} word={own?.draft === true && state === "open" ? "draft" : undefined} />
      <a href={address} rel="noopener noreferrer" target="_blank">
        {number === undefined ? "Pull request" : `#${number}`} {own !== null && own !== undefined && visible(own.title)}
      </a>
      {own !== null && own !== undefined && (
        <span className="faint branches">
          {visible(own.base)} ← {visible(own.head)}
        </span>
      )}
      <span className="actions">
        <button type="button" className="quiet" onClick={onReview}>
          Review changes
        </button>
        {own?.state === "open" && !isReadOnly && (
          <>
            <button type="button" onClick={() => setAsked("close")}>
              Close
            </button>
            <button type="button" className="primary" onClick={() => setAsked("merge")}>
              Merge
            </button>
          </>
        )}
      </span>
      {own === undefined && <Refusal error={found.error} />}
      {asked !== undefined && own !== null && own !== undefined && <Ask wish={asked} pullRequest={own} busy={busy} agentId={agent.id} onClose={() => setAsked(undefined)} />}
    </div>
  );
}

interface AskProps {
  wish: Wish;
  pullRequest: PullRequest;
  busy: boolean;
  agentId: string;
  onClose: () => void;
}

function Ask({ wish, pullRequest, busy, agentId, onClose }: AskProps): ReactNode {
  const queries = useQueryClient();
  const toast = useToast();
  const idempotency = useRef(newWish());
  const base = visible(pullRequest.base);
  const send = async () => {
    const params = { path: { number: pullRequest.number }, header: { "Idempotency-Key": idempotency.current } };
    const changed = await take(wish === "merge" ? api.POST("/api/v1/pull-requests/{number}/merge", { params }) : api.POST("/api/v1/pull-requests/{number}/close", { params }));
    queries.setQueryData(["pull-request", pullRequest.url], changed);
    void queries.invalidateQueries({ queryKey: agentKey(agentId) });
    toast({ text: wish === "merge" ? `Merged into ${base}.` : "Closed. The branch stays." });
  };
  return (
    <Question
      title={wish === "merge" ? `Merge #${pullRequest.number} into ${base}?` : `Close #${pullRequest.number} without merging?`}
      action={wish === "merge" ? "Merge" : "Close it"}
      tone="primary"
      onConfirm={send}
      onClose={onClose}
    >
      {busy && <p>The agent is still at work; what it does from now on goes to another pull request.</p>}
      {wish === "close" && <p>The branch and its commits stay.</p>}
    </Question>
  );
}
