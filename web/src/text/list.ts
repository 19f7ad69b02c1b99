// Several things that somebody wrote into one field.

/** What stands between white space and commas. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== "");
}
