// What every request of the page carries.

/**
 * Another site's page cannot send it without asking the server first, and the server answers who sends it as it answers scripts
 * (docs/page.md). Over plain HTTP browsers say nothing else of where a request comes from.
 */
export const OURS = { "x-requested-with": "outwork" } as const;
