// What the server answers instead of what was asked for.

import { visible } from "../text/visible";

/** The server answered, but not with what was asked for; `status` 0 says that it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Reads an error's body, in whichever of the server's two shapes it comes. */
export function errorOf(status: number, body: unknown): ApiError {
  const fallback = `The server answered ${status}.`;
  if (typeof body !== "object" || body === null) return new ApiError(status, "unknown", fallback);
  const { detail, title, code, error } = body as {
    detail?: string;
    title?: string;
    code?: string;
    error?: { code?: string; message?: string };
  };
  return new ApiError(status, code ?? error?.code ?? "unknown", detail ?? error?.message ?? title ?? fallback);
}

/** An error in words for people. */
export function wordsOf(error: unknown): string {
  return visible(error instanceof Error ? error.message : String(error));
}

/** Whether the server does not know the route: it is older than the page, or a dialect is switched off. */
export function isAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404 && (error.code === "not_found" || error.code === "dialect_off");
}

/** Whether the session is over. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}
