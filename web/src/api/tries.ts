// POSTs that are safe to try again: an answer that was lost costs nothing twice.

import { newWish } from "./client";

/**
 * Gives the `Idempotency-Key` of each try: the same while the same is asked, until it has been done. What was changed in between is
 * another request, which the server would refuse under the old key.
 */
export class Tries {
  private last: { asked: string; large: readonly unknown[]; key: string } | undefined;

  /** `large` are parts of the request that are too long to be compared: they count as the same if they are the same objects. */
  keyFor(asked: unknown, large: readonly unknown[] = []): string {
    const text = JSON.stringify(asked);
    const isSame = this.last?.asked === text && this.last.large.length === large.length && this.last.large.every((part, place) => part === large[place]);
    if (this.last === undefined || !isSame) this.last = { asked: text, large, key: newWish() };
    return this.last.key;
  }

  /** It was done: the same asked once more is meant once more. */
  done(): void {
    this.last = undefined;
  }
}
