// What is pasted brings the end of its line along.

/** A value of one line without line ends after it, which a variable would hold and nobody means; several lines stay as they are. */
export function withoutLineEnd(value: string): string {
  return /\n[^\n]/.test(value) ? value : value.replace(/\n+$/, "");
}
