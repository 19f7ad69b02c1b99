// Holds one agent's transcript while it grows; tells of it once a frame, however many events come.

import type { Connection } from "../../api/follow";
import type { Event } from "../../api/types";
import { emptyTranscript, read, type Transcript } from "./read";

/** Another one whenever there is something new, also in its transcript. */
export interface Snapshot {
  transcript: Transcript;
  connection: Connection;
}

export class TranscriptStore {
  private snapshot: Snapshot = { transcript: emptyTranscript(), connection: "connecting" };
  private waiting: Event[] = [];
  private frame: number | undefined;
  private readonly listeners = new Set<() => void>();

  get = (): Snapshot => this.snapshot;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  events(events: readonly Event[]): void {
    for (const event of events) this.waiting.push(event);
    // A hidden tab has no frames; it reads a little later instead.
    this.frame ??= document.hidden ? window.setTimeout(this.flush, 250) : requestAnimationFrame(this.flush);
  }

  connection(connection: Connection): void {
    if (connection !== this.snapshot.connection) this.tell({ ...this.snapshot, connection });
  }

  private readonly flush = (): void => {
    this.frame = undefined;
    const events = this.waiting;
    this.waiting = [];
    read(this.snapshot.transcript, events);
    this.tell({ ...this.snapshot });
  };

  private tell(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    for (const listener of this.listeners) listener();
  }
}
