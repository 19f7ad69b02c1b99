// The form that launches an agent.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react";

import { useDraft } from "../agent/draft";
import { api, newWish, take } from "../api/client";
import { wordsOf } from "../api/error";
import { agentAddress, navigate } from "../app/router";
import { Field } from "../ui/field";
import { CommandLines } from "./command-lines";
import { ImagePicker } from "./image-picker";
import { useImages } from "./images";
import { rememberedWish, rememberWish } from "./remembered";
import { RepositoryField } from "./repository-field";
import { bodyOf, type LaunchWish, type PullRequestWish, type RepositoryWish } from "./wish";

const REPOSITORIES_MOST = 20;

export default function LaunchPage({ query }: { query: URLSearchParams }): ReactNode {
  const [wish, setWish] = useState<LaunchWish>(() => withAsked(rememberedWish(), query.get("repository")));
  const [prompt, setPrompt] = useDraft("outwork.draft.launch");
  const images = useImages();
  const idempotency = useRef(newWish());
  const queries = useQueryClient();
  const models = useQuery({ queryKey: ["models"], queryFn: async () => (await take(api.GET("/v1/models"))).items, staleTime: 60_000 });
  const known = useQuery({ queryKey: ["repositories"], queryFn: async () => (await take(api.GET("/v1/repositories"))).items.map((one) => one.url), staleTime: 60_000 });
  const launch = useMutation({
    mutationFn: () => take(api.POST("/v1/agents", { params: { header: { "Idempotency-Key": idempotency.current } }, body: bodyOf(wish, prompt.trim(), images.list) })),
    onSuccess: ({ agent }) => {
      rememberWish(wish);
      setPrompt("");
      void queries.invalidateQueries({ queryKey: ["agents"] });
      navigate(agentAddress(agent.id));
    },
    // What was refused may be sent again, changed: that is another wish.
    onError: () => {
      idempotency.current = newWish();
    },
  });

  const change = (part: Partial<LaunchWish>) => setWish((old) => ({ ...old, ...part }));
  const changeRepository = (place: number, part: Partial<RepositoryWish>) =>
    change({ repositories: wish.repositories.map((one, at) => (at === place ? { ...one, ...part } : one)) });
  const ready = prompt.trim() !== "" && !launch.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) launch.mutate();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  };

  return (
    <div className="page narrow">
      <h1>Launch an agent</h1>
      <form className="form" onSubmit={submit} onPaste={images.onPaste} onDrop={images.onDrop} onDragOver={images.onDragOver}>
        {wish.repositories.map((one, place) => (
          <div key={place} className="repository-row">
            <RepositoryField label={place === 0 ? "Repository" : `Repository ${place + 1}`} value={one.url} known={known.data ?? []} onChange={(url) => changeRepository(place, { url })} />
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
          {(ids) => <textarea {...ids} rows={8} required value={prompt} autoFocus onChange={(event) => setPrompt(event.target.value)} onKeyDown={keys} />}
        </Field>
        <div className="actions">
          <ImagePicker images={images} />
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
      <CommandLines wish={wish} prompt={prompt.trim()} images={images.list} />
    </div>
  );
}

/** A link may name the repository. */
function withAsked(wish: LaunchWish, asked: string | null): LaunchWish {
  return asked === null ? wish : { ...wish, repositories: [{ url: asked, ref: "" }] };
}
