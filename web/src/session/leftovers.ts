// What the page leaves in the browser for who is signed in: drafts and the last choices of the launch form. It is nobody else's.

import { forgetWish } from "../launch/remembered";
import { forgetDrafts } from "../prompt/draft";

const OWNER = "outwork.owner";

/** From now on they are of that key; what another one left goes. Whose session ended by itself finds his own again. */
export function claimLeftovers(keyId: string): void {
  if (sessionStorage.getItem(OWNER) !== keyId) forgetDrafts();
  if (localStorage.getItem(OWNER) !== keyId) forgetWish();
  try {
    sessionStorage.setItem(OWNER, keyId);
    localStorage.setItem(OWNER, keyId);
  } catch {
    // No room: they go at the next start.
  }
}

export function forgetLeftovers(): void {
  forgetDrafts();
  forgetWish();
  sessionStorage.removeItem(OWNER);
  localStorage.removeItem(OWNER);
}
