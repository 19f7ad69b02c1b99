// The page's way to the server: typed by the server's OpenAPI document, signed by the session's cookie.

import createClient from "openapi-fetch";

import { ApiError, errorOf } from "./error";
import { OURS } from "./ours";
import type { paths } from "./schema";

export const api = createClient<paths>({
  baseUrl: "/",
  credentials: "same-origin",
  headers: OURS,
  // Looked up at each call, so that a test can put another in its place.
  fetch: (request) => globalThis.fetch(request),
});

interface Called<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; everything else becomes an `ApiError`. */
export async function take<Data>(call: Promise<Called<Data>>): Promise<Data> {
  const { data, error, response } = await reach(call);
  if (!response.ok) throw errorOf(response.status, error);
  return data as Data;
}

async function reach<Data>(call: Promise<Called<Data>>): Promise<Called<Data>> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable", "The server cannot be reached. It may be restarting; your work goes on.");
  }
}

/** A key that makes a POST repeatable: made once for each wish, sent with every try of it. */
export function newWish(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
