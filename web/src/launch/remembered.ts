// The last choices of the launch form. No prompt and no secret is among them.

import { EMPTY_WISH, type LaunchWish } from "./wish";

const NAME = "outwork.launch";

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
