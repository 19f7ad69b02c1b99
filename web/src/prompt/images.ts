// Images beside a prompt: which may be, and how they are read.

export interface PromptImage {
  name: string;
  mimeType: string;
  /** Its bytes in base64. */
  data: string;
  /** The same to be looked at. */
  file: Blob;
}

/** The server's limits. */
export const IMAGES_MOST = 5;
const BYTES_MOST = 15_000_000;
const TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** Why files cannot be images of a prompt. */
export function whyNot(files: readonly { type: string; size: number; name: string }[], had: number): string | undefined {
  if (had + files.length > IMAGES_MOST) return `A prompt takes ${IMAGES_MOST} images.`;
  for (const file of files) {
    if (!TYPES.has(file.type)) return `${file.name || "That"} is no PNG, JPEG, GIF or WebP image.`;
    if (file.size > BYTES_MOST) return `${file.name || "That"} is larger than 15 MB.`;
  }
  return undefined;
}

export async function readImage(file: File): Promise<PromptImage> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  // So many at a time as an argument list takes.
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return { name: file.name || "image", mimeType: file.type, data: btoa(text), file };
}
