// Work in all its states, so that every page has something to show; and where those pages are.

import type { Server } from "./server";

export interface Place {
  name: string;
  address: string;
}

const PROMPT = `Add a **greeting** to the tools, with a test

- keep the interface
- say it in \`src/hi.ts\`

\`\`\`sh
printf '\\033[32mok\\033[0m 12 tests\\n'; for i in $(seq 1 30); do echo "export const hi$i = \\"hello $i\\";" >> src/hi.ts; done
\`\`\`

\`\`\`sh
sed -i 's/a + b/b + a/' src/add.ts; echo '# Notes' > notes.md; cat src/add.ts
\`\`\`

\`\`\`sh
mkdir -p "$OUTWORK_ARTIFACTS"; echo "all 12 tests passed" > "$OUTWORK_ARTIFACTS/report.txt"
printf 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==' | base64 -d > "$OUTWORK_ARTIFACTS/picture.png"
\`\`\``;

export async function fill(server: Server): Promise<readonly Place[]> {
  const done = await server.launch(PROMPT, { autoCreatePR: true });
  await server.ended(done);
  const post = (path: string, body: object) => server.call(path, { method: "POST", body: JSON.stringify(body) });
  await post(`/v1/agents/${done}/runs`, { prompt: { text: "Now say goodbye as well\n\n```sh\necho 'export const bye = 1;' > src/bye.ts\n```" } });
  await server.ended(done);
  const failed = await server.launch("Run the checks that are broken\n\n```sh\necho 'error: no such check' >&2; exit 3\n```");
  await server.ended(failed);
  const planned = await server.launch("Plan the move to the new interface", { mode: "plan" });
  await server.ended(planned);
  const working = await server.launch("Count for a long time, with a name that is so long that it does not fit into any row of any list\n\n```sh\nwhile true; do echo counting; sleep 1; done\n```");
  await server.call("/v1/secrets/NPM_TOKEN", { method: "PUT", body: JSON.stringify({ value: "npm_0123456789", type: "runtime_secret" }) });
  const one = (name: string, more = "") => ({ name, address: `/agents?id=${done}${more}` });
  return [
    { name: "agents", address: "/agents" },
    { name: "agents-grouped", address: "/agents?group=repository" },
    { name: "agents-none", address: "/agents?q=nothing-has-this-name" },
    { name: "launch", address: `/launch?repository=${encodeURIComponent(server.repository)}` },
    one("agent"),
    one("agent-changes", "&tab=changes"),
    one("agent-files", "&tab=files"),
    one("agent-usage", "&tab=usage"),
    { name: "agent-failed", address: `/agents?id=${failed}` },
    { name: "agent-working", address: `/agents?id=${working}` },
    { name: "agent-gone", address: "/agents?id=bc-00000000-0000-4000-8000-000000000000" },
    ...["keys", "projects", "secrets", "webhooks", "models", "server"].map((name) => ({ name: `settings-${name}`, address: `/settings/${name}` })),
  ];
}
