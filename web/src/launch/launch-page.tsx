// The form that launches an agent.

import { useIsMutating, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react";

import { api, take } from "../api/client";
import { wordsOf } from "../api/error";
import { agentAddress, navigate } from "../app/router";
import { useDraft, type Said } from "../prompt/draft";
import { ImagePicker } from "../prompt/image-picker";
import { takesImages } from "../prompt/takes-images";
import { useIsReadOnly, WhyReadOnly } from "../session/read-only";
import { Field } from "../ui/field";
import { Failure } from "../ui/failure";
import { CommandLines } from "./command-lines";
import { keepWish, rememberWish, sentWish, wishAtFirst } from "./remembered";
import { RepositoryField } from "./repository-field";
import { bodyOf, type LaunchWish, type PullRequestWish, type RepositoryWish } from "./wish";

const REPOSITORIES_MOST = 20;
const LAUNCH = ["launch"];

/** As it was when it was sent, whatever is chosen since. */
interface Sent {
  said: Said;
  wish: LaunchWish;
}

export default function LaunchPage({ query }: { query: URLSearchParams }): ReactNode {
  if (useIsReadOnly()) {
    return (
      <div className="page narrow">
        <h1>Launch an agent</h1>
        <WhyReadOnly what="no agent can be launched" />
      </div>
    );
  }
  return <LaunchForm query={query} />;
}

function LaunchForm({ query }: { query: URLSearchParams }): ReactNode {
  const [wish, setWish] = useState<LaunchWish>(() => wishAtFirst(query.get("repository")));
  const [draft, store] = useDraft("launch");
  const { text: prompt, images } = draft;
  const queries = useQueryClient();
  const models = useQuery({ queryKey: ["models"], queryFn: async () => (await take(api.GET("/v1/models"))).items, staleTime: 60_000 });
  const known = useQuery({ queryKey: ["repositories"], queryFn: async () => (await take(api.GET("/v1/repositories"))).items.map((one) => one.url), staleTime: 60_000 });
  const launch = useMutation({
    mutationKey: LAUNCH,
    mutationFn: ({ said, wish }: Sent) => {
      const asked = { wish, prompt: said.text.trim() };
      const header = { "Idempotency-Key": store.tries.keyFor(asked, said.images) };
      return take(api.POST("/v1/agents", { params: { header }, body: bodyOf(wish, asked.prompt, said.images) }));
    },
    onSuccess: (_, { said, wish }) => {
      rememberWish(wish);
      sentWish(wish);
      store.sent(said);
      void queries.invalidateQueries({ queryKey: ["agents"] });
    },
  });
  // Also what was sent before somebody came back to this page.
  const isSending = useIsMutating({ mutationKey: LAUNCH }) > 0;

  const change = (part: Partial<LaunchWish>) => {
    const next = { ...wish, ...part };
    setWish(next);
    keepWish({ asked: query.get("repository"), wish: next });
  };
  const changeRepository = (place: number, part: Partial<RepositoryWish>) =>
    change({ repositories: wish.repositories.map((one, at) => (at === place ? { ...one, ...part } : one)) });
  const ready = prompt.trim() !== "" && !isSending && draft.reading === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Who has gone elsewhere in the meantime stays there.
    if (ready) launch.mutate({ said: draft, wish }, { onSuccess: ({ agent }) => navigate(agentAddress(agent.id)) });
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  };

  return (
    <div className="page narrow">
      <h1>Launch an agent</h1>
      <form className="form" onSubmit={submit} {...takesImages(store)}>
        {wish.repositories.map((one, place) => (
          <div key={place} className="repository-row">
            <RepositoryField label={place === 0 ? "Repository" : `Repository ${place + 1}`} hint={place === 0 && wish.repositories.length === 1 ? "Optional. None: an empty workspace." : undefined} value={one.url} known={known.data ?? []} onChange={(url) => changeRepository(place, { url })} />
            <Field label="Start from">
              {(ids) => <input {...ids} value={one.ref} placeholder="default branch" spellCheck={false} onChange={(event) => changeRepository(place, { ref: event.target.value })} />}
            </Field>
            {place > 0 && (
              <button type="button" className="quiet" aria-label={`Remove repository ${place + 1}`} onClick={() => change({ repositories: wish.repositories.filter((_, at) => at !== place) })}>
                ×
              </button>
            )}
          </div>
        ))}
        {wish.repositories.length < REPOSITORIES_MOST && wish.repositories.at(-1)?.url !== "" && (
          <button type="button" className="quiet start" onClick={() => change({ repositories: [...wish.repositories, { url: "", ref: "" }] })}>
            Add another repository
          </button>
        )}
        <Field label="Prompt" hint="Paste or drop images into it. Ctrl Enter launches.">
          {(ids) => <textarea {...ids} rows={8} required value={prompt} autoFocus onChange={(event) => store.change({ text: event.target.value })} onKeyDown={keys} />}
        </Field>
        <div className="actions">
          <ImagePicker draft={draft} store={store} />
        </div>
        <div className="columns-2">
          <Field label="Model">
            {(ids) => (
              <select {...ids} value={wish.model} onChange={(event) => change({ model: event.target.value })}>
                {(models.data ?? []).map((model) => (
                  <option key={model.id} value={model.id === "default" ? "" : model.id}>
                    {model.displayName}
                  </option>
                ))}
                {wish.model !== "" && models.data !== undefined && !models.data.some((model) => model.id === wish.model) && <option value={wish.model}>{wish.model} (not configured)</option>}
              </select>
            )}
          </Field>
          <Field label="Branch">
            {(ids) => <input {...ids} value={wish.branch} placeholder="made up from the prompt" spellCheck={false} maxLength={200} onChange={(event) => change({ branch: event.target.value })} />}
          </Field>
          <Field label="Pull request">
            {(ids) => (
              <select {...ids} value={wish.pullRequest} onChange={(event) => change({ pullRequest: event.target.value as PullRequestWish })}>
                <option value="ready">Open one at the end</option>
                <option value="draft">Open a draft</option>
                <option value="none">Only push the branch</option>
              </select>
            )}
          </Field>
          <div className="field">
            <label className="check">
              <input type="checkbox" checked={wish.plan} onChange={(event) => change({ plan: event.target.checked })} /> Only plan first
            </label>
            <p className="hint">The agent reads, answers with a plan and changes nothing.</p>
          </div>
        </div>
        {[models, known].map(
          (list, place) =>
            list.data === undefined &&
            list.error !== null && <Failure key={place} error={list.error} onRetry={() => void list.refetch()} />,
        )}
        {launch.isError && (
          <p role="alert" className="bad">
            {wordsOf(launch.error)}
          </p>
        )}
        <div className="actions">
          <button type="submit" className="primary" disabled={!ready}>
            Launch
          </button>
        </div>
      </form>
      <CommandLines wish={wish} prompt={prompt.trim()} images={images} />
    </div>
  );
}
