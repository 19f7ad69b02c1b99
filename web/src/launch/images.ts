// Images beside a prompt: picked, pasted or dropped.

import { useState, type ClipboardEvent, type DragEvent } from "react";

export interface PromptImage {
  name: string;
  mimeType: string;
  /** Its bytes in base64. */
  data: string;
}

/** The server's limits. */
export const IMAGES_MOST = 5;
const BYTES_MOST = 15_000_000;
const TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export interface Images {
  list: readonly PromptImage[];
  /** Why the last ones were not taken. */
  refusal: string | undefined;
  add: (files: Iterable<File>) => void;
  remove: (place: number) => void;
  clear: () => void;
  onPaste: (event: ClipboardEvent) => void;
  onDrop: (event: DragEvent) => void;
  onDragOver: (event: DragEvent) => void;
}

export function useImages(): Images {
  const [list, setList] = useState<readonly PromptImage[]>([]);
  const [refusal, setRefusal] = useState<string>();
  const add = (files: Iterable<File>) => {
    const all = [...files];
    const reason = whyNot(all, list.length);
    setRefusal(reason);
    if (reason !== undefined) return;
    Promise.all(all.map(readImage)).then(
      (read) => setList((old) => [...old, ...read].slice(0, IMAGES_MOST)),
      () => setRefusal("The image could not be read."),
    );
  };
  const take = (event: { preventDefault: () => void }, files: FileList | undefined) => {
    if (files === undefined || files.length === 0) return;
    event.preventDefault();
    add(files);
  };
  return {
    list,
    refusal,
    add,
    remove: (place) => setList((old) => old.filter((_, at) => at !== place)),
    clear: () => {
      setList([]);
      setRefusal(undefined);
    },
    onPaste: (event) => take(event, event.clipboardData?.files),
    onDrop: (event) => take(event, event.dataTransfer?.files),
    onDragOver: (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    },
  };
}

/** Why files cannot be images of a prompt. */
export function whyNot(files: readonly { type: string; size: number; name: string }[], had: number): string | undefined {
  if (had + files.length > IMAGES_MOST) return `A prompt takes ${IMAGES_MOST} images.`;
  for (const file of files) {
    if (!TYPES.has(file.type)) return `${file.name || "That"} is no PNG, JPEG, GIF or WebP image.`;
    if (file.size > BYTES_MOST) return `${file.name || "That"} is larger than 15 MB.`;
  }
  return undefined;
}

async function readImage(file: File): Promise<PromptImage> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  // So many at a time as an argument list takes.
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return { name: file.name || "image", mimeType: file.type, data: btoa(text) };
}
