// What the tests of a file go on: the real program, and the browser before it.

import type { Browser } from "playwright-core";

import { startBrowser } from "./browser";
import { startServer, type Server } from "./server";

export interface Stage {
  server: Server;
  browser: Browser;
  close: () => Promise<void>;
}

/** `config` is TOML that is added to the server's configuration file. */
export async function openStage(config = ""): Promise<Stage> {
  const [server, browser] = await Promise.all([startServer(config), startBrowser()]);
  const close = async () => {
    await browser.close();
    await server.stop();
  };
  return { server, browser, close };
}
