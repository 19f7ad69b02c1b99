// Characters that nobody sees but that change what a line looks like, made visible.

// Direction marks and overrides, zero-width characters, controls but tab and newline.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** A name, a path or a line of code, in which nothing hides: `‮` becomes `⟨U+202E⟩`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (found) => `⟨U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** The last part of a repository's address that tells it apart: `acme/tools`, or a folder's name. */
export function shortRepository(address: string): string {
  const path = address.replace(/^[a-z+]+:\/\/[^/]*\//i, "").replace(/^[^@\s]+@[^:]+:/, "").replace(/\.git$/, "").replace(/\/+$/, "");
  const parts = path.split("/").filter((part) => part !== "");
  const kept = address.startsWith("file:") ? parts.slice(-1) : parts.slice(-2);
  return visible(kept.join("/") || address);
}
