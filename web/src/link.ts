// Addresses that a page may link to.

/** The address if following it can only open a page; anything else, `javascript:` above all, is none. */
export function safeLink(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { protocol } = new URL(address);
  return protocol === "https:" || protocol === "http:" ? address : undefined;
}
