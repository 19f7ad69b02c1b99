// Stands before the server and gives some answers itself, over a real connection, as fast as a server would.

import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface Front {
  url: string;
  stop: () => Promise<void>;
}

/** What a front says itself. */
interface Answer {
  type: string;
  body: string;
  /** Keeps the answer open behind its body, and is handed what says more. */
  holdOpen?: (write: (more: string) => void) => void;
}

export type Given = readonly (readonly [RegExp, (url: URL) => Answer | undefined])[];

/** Answers GET requests whose path a key matches, unless what it gives is undefined; everything else goes to the server. */
export async function startFront(to: string, all: Given): Promise<Front> {
  const front = createServer((asked, answer) => {
    const url = new URL(asked.url ?? "/", to);
    const found = all.find(([pattern]) => pattern.test(url.pathname));
    const given = asked.method === "GET" ? found?.[1](url) : undefined;
    if (given !== undefined) {
      const { type, body, holdOpen } = given;
      answer.writeHead(200, { "content-type": type });
      if (holdOpen === undefined) {
        answer.end(body);
        return;
      }
      answer.write(body);
      holdOpen((more) => void answer.write(more));
      return;
    }
    const passed = request(url, { method: asked.method ?? "GET", headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((done) => front.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    stop: () => {
      front.closeAllConnections();
      return new Promise((done) => front.close(() => done()));
    },
  };
}
