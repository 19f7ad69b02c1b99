// Addresses that a page made of hostile text may lead to or load.

/** The address if following it can only open a page; anything else, `javascript:` above all, is none. */
export function safeLink(address: string | undefined | null): string | undefined {
  if (address === undefined || address === null || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  // `https://bank.example@evil.example` looks like another place than it is.
  return url.username === "" && url.password === "" ? url.href : undefined;
}

const IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/;

/** An image that is wholly in its address; all others would be requests, or could hold scripts. */
export function safeImage(address: string | undefined): string | undefined {
  return address !== undefined && IMAGE.test(address) ? address : undefined;
}
