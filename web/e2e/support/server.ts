// The real program with a repository of its own, on a port and in a folder of its own.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const binary = process.env["OUTWORK_BIN"];
const READY_MS = 30_000;

export interface Server {
  url: string;
  key: string;
  /** Address of a repository that agents may work in, and its folder. */
  repository: string;
  folder: string;
  git: (...args: string[]) => string;
  /** `limits` are words for `outwork key create`. */
  makeKey: (name: string, ...limits: string[]) => string;
  /** A call with the key, as any client makes it. */
  call: (path: string, init?: RequestInit) => Promise<Response>;
  /** Launches an agent on the repository and gives its id. */
  launch: (prompt: string, more?: object) => Promise<string>;
  /** Waits until the agent's runs have ended, and gives its last state. */
  ended: (id: string) => Promise<string>;
  stop: () => Promise<void>;
}

const FILES: Record<string, string> = {
  "README.md": "# Tools\n\nSmall tools.\n",
  "src/add.ts": "export function add(a: number, b: number): number {\n  return a + b;\n}\n",
};

/** `config` is TOML that is added to the configuration file. */
export async function startServer(config = ""): Promise<Server> {
  if (binary === undefined || !existsSync(binary)) throw new Error("OUTWORK_BIN must name the outwork program");
  // Run users of a server that runs as root must be able to pass through, so it is not below anybody's home.
  const home = mkdtempSync("/var/tmp/outwork-e2e-");
  chmodSync(home, 0o755);
  const [dataDir, repos, seed, file] = ["data", "git", "seed", "outwork.toml"].map((name) => join(home, name)) as [string, string, string, string];
  const folder = join(repos, "tools.git");
  makeRepository(folder, seed);
  writeFileSync(file, config);
  const makeKey = (name: string, ...limits: string[]) => execFileSync(binary, ["key", "create", "--name", name, "--email", "me@example.com", "--data-dir", dataDir, ...limits]).toString().trim().split(/\s+/).at(-1) ?? "";
  const key = makeKey("e2e");
  const args = ["serve", "--data-dir", dataDir, "--listen", "127.0.0.1:0", "--local-repos", repos, "--config", file];
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, OUTWORK_LOG: "warn" } });
  const url = await readyAt(child);
  const repository = `file://${folder}`;
  const call = (path: string, init: RequestInit = {}) => fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...init.headers } });
  const launch = async (prompt: string, more: object = {}) => {
    const body = { prompt: { text: prompt }, model: { id: "script" }, repos: [{ url: repository }], ...more };
    const response = await call("/v1/agents", { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return ((await response.json()) as { agent: { id: string } }).agent.id;
  };
  const ended = async (id: string) => {
    // The stream ends when no run is unfinished: nobody has to ask again and again.
    const stream = await call(`/api/v1/agents/${id}/events?until=idle`, { headers: { accept: "text/event-stream" } });
    await stream.text();
    return ((await (await call(`/api/v1/agents/${id}`)).json()) as { state: string }).state;
  };
  const git = (...rest: string[]) => execFileSync("git", ["--git-dir", folder, ...rest]).toString();
  const stop = async () => {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await gone;
    rmSync(home, { recursive: true, force: true });
  };
  return { url, key, repository, folder, git, makeKey, call, launch, ended, stop };
}

function makeRepository(folder: string, seed: string): void {
  const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=e2e", "-c", "user.email=e2e@example.com", ...args], { stdio: "pipe" });
  mkdirSync(seed, { recursive: true });
  git("init", "--quiet", "--bare", "--initial-branch=main", folder);
  git("init", "--quiet", "--initial-branch=main", seed);
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(seed, name, ".."), { recursive: true });
    writeFileSync(join(seed, name), text);
  }
  git("-C", seed, "add", "--all");
  git("-C", seed, "commit", "--quiet", "--message", "Start");
  git("-C", seed, "push", "--quiet", folder, "main");
}

function readyAt(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    const said: string[] = [];
    const fail = () => failed(new Error(`the server did not start:\n${said.join("\n")}`));
    const timer = setTimeout(fail, READY_MS);
    child.once("exit", fail);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        said.push(line);
        const ready = /ready at (http:\/\/\S+)/.exec(line);
        if (ready?.[1] === undefined) return;
        clearTimeout(timer);
        child.removeListener("exit", fail);
        found(ready[1]);
      });
    }
  });
}
