// What somebody wants an agent to do, as the form has it, and as the server is asked for it. Pure.

import type { components } from "../api/schema";
import type { PromptImage } from "../prompt/images";

export type PullRequestWish = "none" | "ready" | "draft";

export interface RepositoryWish {
  url: string;
  ref: string;
}

export interface LaunchWish {
  repositories: readonly RepositoryWish[];
  model: string;
  branch: string;
  pullRequest: PullRequestWish;
  plan: boolean;
}

export const EMPTY_WISH: LaunchWish = { repositories: [{ url: "", ref: "" }], model: "", branch: "", pullRequest: "ready", plan: false };

export type NewAgent = components["schemas"]["V1NewAgent"];

/** The body of `POST /v1/agents`. */
export function bodyOf(wish: LaunchWish, prompt: string, images: readonly PromptImage[]): NewAgent {
  const repos = chosen(wish).map(({ url, ref }) => ({ url, ...(ref === "" ? {} : { startingRef: ref }) }));
  return {
    prompt: { text: prompt, ...(images.length === 0 ? {} : { images: images.map(({ data, mimeType }) => ({ data, mimeType })) }) },
    ...(wish.model === "" ? {} : { model: { id: wish.model } }),
    ...(repos.length === 0 ? {} : { repos }),
    ...(wish.branch.trim() === "" ? {} : { branchName: wish.branch.trim() }),
    ...(wish.pullRequest === "none" ? {} : { autoCreatePR: true }),
    ...(wish.pullRequest === "draft" ? { draftPR: true } : {}),
    ...(wish.plan ? { mode: "plan" } : {}),
  };
}

/** The repositories that were filled in. */
export function chosen(wish: LaunchWish): readonly RepositoryWish[] {
  return wish.repositories.map(({ url, ref }) => ({ url: url.trim(), ref: ref.trim() })).filter(({ url }) => url !== "");
}

/** The same as a line for `curl`; images are too long for a line and are left out of it. */
export function curlLine(wish: LaunchWish, prompt: string, origin: string): string {
  const body = JSON.stringify(bodyOf(wish, prompt, []), null, 2);
  return `curl --user "$OUTWORK_API_KEY:" --header 'content-type: application/json' ${quote(`${origin}/v1/agents`)} --data ${quote(body)}`;
}

/** The same as a line for `outwork launch`. */
export function launchLine(wish: LaunchWish, prompt: string, images: readonly PromptImage[], origin: string): string {
  const parts = ["outwork launch", "--url", quote(origin)];
  const repositories = chosen(wish);
  for (const { url, ref } of repositories) {
    parts.push("--repo", quote(url));
    if (ref !== "") parts.push("--ref", quote(ref));
  }
  if (wish.model !== "") parts.push("--model", quote(wish.model));
  if (wish.branch.trim() !== "") parts.push("--branch", quote(wish.branch.trim()));
  if (wish.pullRequest !== "none") parts.push(wish.pullRequest === "draft" ? "--auto-pr --draft-pr" : "--auto-pr");
  if (wish.plan) parts.push("--plan");
  for (const image of images) parts.push("--image", quote(image.name));
  parts.push("--", quote(prompt));
  return parts.join(" ");
}

/** A word for a POSIX shell that says exactly this. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
