// The last choices of the launch form, and those that were made and not sent. No prompt and no secret is among them.

import { DRAFTS } from "../prompt/draft";
import { EMPTY_WISH, type LaunchWish } from "./wish";

const NAME = "outwork.launch";
/** Goes with the drafts. */
const DRAFT = `${DRAFTS}launch-choices`;

export function rememberedWish(): LaunchWish {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(NAME) ?? "null");
    return isWish(stored) ? { ...stored, branch: "" } : EMPTY_WISH;
  } catch {
    return EMPTY_WISH;
  }
}

export function rememberWish(wish: LaunchWish): void {
  try {
    // A branch is made once.
    localStorage.setItem(NAME, JSON.stringify({ ...wish, branch: "" }));
  } catch {
    // A full or forbidden storage costs a convenience.
  }
}

/** What was chosen in this tab and not sent, with the repository that the page's address asked for then. */
interface WishDraft {
  asked: string | null;
  wish: LaunchWish;
}

/** The choices to begin with: a link may name the repository, and what was chosen since is meant more. */
export function wishAtFirst(asked: string | null): LaunchWish {
  const draft = wishDraft();
  if (draft !== undefined && (asked === null || draft.asked === asked)) return draft.wish;
  const wish = draft?.wish ?? rememberedWish();
  return asked === null ? wish : { ...wish, repositories: [{ url: asked, ref: "" }] };
}

export function keepWish(draft: WishDraft): void {
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify(draft));
  } catch {
    // No room: they are still on the page.
  }
}

/** What was chosen since it was sent stays. */
export function sentWish(wish: LaunchWish): void {
  if (JSON.stringify(wishDraft()?.wish) === JSON.stringify(wish)) sessionStorage.removeItem(DRAFT);
}

function wishDraft(): WishDraft | undefined {
  try {
    const { asked, wish } = JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}") as Partial<WishDraft>;
    return isWish(wish) && typeof wish.branch === "string" ? { asked: asked ?? null, wish } : undefined;
  } catch {
    return undefined;
  }
}

export function forgetWish(): void {
  localStorage.removeItem(NAME);
}

function isWish(stored: unknown): stored is LaunchWish {
  if (typeof stored !== "object" || stored === null) return false;
  const { repositories, model, pullRequest, plan } = stored as Partial<LaunchWish>;
  const isRepository = (one: unknown) =>
    typeof one === "object" && one !== null && "url" in one && typeof one.url === "string" && "ref" in one && typeof one.ref === "string";
  return (
    Array.isArray(repositories) &&
    repositories.length > 0 &&
    repositories.every(isRepository) &&
    typeof model === "string" &&
    (pullRequest === "none" || pullRequest === "ready" || pullRequest === "draft") &&
    typeof plan === "boolean"
  );
}
