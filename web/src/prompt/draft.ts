// What somebody is about to say. It stays until it is sent, also while its box is not on the page, and its text over a reload of the tab.

import { useSyncExternalStore } from "react";

import { Tries } from "../api/tries";
import { readImage, whyNot, type PromptImage } from "./images";

export type Mode = "agent" | "plan";

export interface Said {
  text: string;
  images: readonly PromptImage[];
  /** None: nobody chose. */
  mode: Mode | undefined;
}

export interface Draft extends Said {
  /** So many images are still being read. */
  reading: number;
  /** Why the last images were not taken. */
  refusal: string | undefined;
}

/** What is kept in the tab begins with that. */
export const DRAFTS = "outwork.draft.";
const EMPTY: Draft = { text: "", images: [], mode: undefined, reading: 0, refusal: undefined };

/** One draft, for whichever box shows it. */
export class DraftStore {
  readonly tries = new Tries();
  private readonly listeners = new Set<() => void>();
  private draft: Draft;

  constructor(private readonly name: string) {
    this.draft = { ...EMPTY, text: sessionStorage.getItem(name) ?? "" };
  }

  readonly get = (): Draft => this.draft;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  change(part: Partial<Draft>): void {
    this.draft = { ...this.draft, ...part };
    // Who empties the box has done with what he said, also if its answer was lost: the same later is meant once more.
    if (part.text === "") this.tries.done();
    if (part.text !== undefined) this.keep(part.text);
    for (const listener of this.listeners) listener();
  }

  add(files: Iterable<File>): void {
    const all = [...files];
    const refusal = whyNot(all, this.draft.images.length + this.draft.reading);
    if (refusal !== undefined) {
      this.change({ refusal });
      return;
    }
    this.change({ refusal, reading: this.draft.reading + all.length });
    const read = () => this.draft.reading - all.length;
    Promise.all(all.map(readImage)).then(
      (images) => this.change({ images: [...this.draft.images, ...images], reading: read() }),
      () => this.change({ refusal: "The image could not be read.", reading: read() }),
    );
  }

  remove(image: PromptImage): void {
    this.change({ images: this.draft.images.filter((one) => one !== image) });
  }

  /** What was said goes; what was written, taken or chosen since stays. */
  sent(said: Said): void {
    this.tries.done();
    this.change({
      images: this.draft.images.filter((image) => !said.images.includes(image)),
      ...(this.draft.text === said.text ? { text: "" } : {}),
      ...(this.draft.mode === said.mode ? { mode: undefined } : {}),
    });
  }

  private keep(text: string): void {
    try {
      if (text === "") sessionStorage.removeItem(this.name);
      else sessionStorage.setItem(this.name, text);
    } catch {
      // No room: the text is still on the page.
    }
  }
}

const drafts = new Map<string, DraftStore>();

/** The draft for an agent, or for another place that takes prompts. */
export function draftOf(place: string): DraftStore {
  const found = drafts.get(place) ?? new DraftStore(DRAFTS + place);
  drafts.set(place, found);
  return found;
}

export function useDraft(place: string): [Draft, DraftStore] {
  const store = draftOf(place);
  return [useSyncExternalStore(store.subscribe, store.get), store];
}

/** Drafts belong to who was signed in. */
export function forgetDrafts(): void {
  drafts.clear();
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(DRAFTS)) sessionStorage.removeItem(name);
}
