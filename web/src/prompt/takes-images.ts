// A form that takes images which are pasted or dropped.

import type { ClipboardEvent, DragEvent } from "react";

import type { DraftStore } from "./draft";

export interface TakesImages {
  onPaste: (event: ClipboardEvent) => void;
  onDrop: (event: DragEvent) => void;
  onDragOver: (event: DragEvent) => void;
}

export function takesImages(draft: DraftStore): TakesImages {
  const take = (event: { preventDefault: () => void }, files: FileList | undefined) => {
    if (files === undefined || files.length === 0) return;
    event.preventDefault();
    draft.add(files);
  };
  return {
    onPaste: (event) => {
      if (event.clipboardData !== null && !isText(event.clipboardData)) take(event, event.clipboardData.files);
    },
    onDrop: (event) => take(event, event.dataTransfer?.files),
    onDragOver: (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    },
  };
}

/** Cells and paragraphs come as text and, beside it, as a picture of it: the text is meant. Copied files may come with their names as text. */
function isText(pasted: DataTransfer): boolean {
  if (!pasted.types.includes("text/plain")) return false;
  if (pasted.types.includes("text/html") || pasted.types.includes("text/rtf")) return true;
  const names = new Set([...pasted.files].flatMap(({ name }) => [name, encodeURIComponent(name)]));
  const lines = pasted.getData("text/plain").split(/[\r\n]+/).filter((line) => line !== "");
  // Some file managers give the whole path, or its address.
  return !lines.every((line) => names.has(line.slice(line.lastIndexOf("/") + 1)));
}
