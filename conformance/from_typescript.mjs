// Drives a running server with the official TypeScript SDK (npm `@cursor/sdk`), unmodified.
//
// Reads CURSOR_BACKEND_URL, CURSOR_API_KEY and OUTWORK_REPOSITORY. Prints one line a step and ends with
// status 0 only if all held.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const { Agent, AgentBusyError, AuthenticationError, Cursor, CursorSdkError } = require("@cursor/sdk");

const repository = process.env.OUTWORK_REPOSITORY;
const model = { id: "script" };
const block = (...lines) => `Do this:\n\`\`\`sh\n${lines.join("\n")}\n\`\`\`\n`;
const cloud = (more = {}) => ({ repos: [{ url: repository, startingRef: "main" }], ...more });
const kept = {};

const collect = async (iterable) => {
  const all = [];
  for await (const one of iterable) all.push(one);
  return all;
};

const steps = {
  async "account, models, repositories"() {
    const me = await Cursor.me();
    assert.equal(me.apiKeyName, "conformance");
    assert.equal(me.userEmail, "dev@example.com");
    const models = await Cursor.models.list();
    assert.equal(models[0].id, "default");
    assert.ok(models.some((one) => one.id === "script"));
    const urls = (await Cursor.repositories.list()).map((one) => one.url);
    assert.ok(urls.includes(repository), `${repository} is in ${urls}`);
  },

  async "create and stream"() {
    const agent = await Agent.create({ model, name: "By the SDK", cloud: cloud({ autoCreatePR: true, metadata: { ticket: "T-2" } }) });
    const updates = [];
    const lines = ["echo one >> ONE.md", "cat README.md", 'echo report > "$OUTWORK_ARTIFACTS/report.txt"'];
    const run = await agent.send(block(...lines), { onDelta: ({ update }) => void updates.push(update.type) });
    const kinds = new Set((await collect(run.stream())).map((message) => message.type));
    for (const kind of ["assistant", "tool_call", "status"]) assert.ok(kinds.has(kind), `${kind} is in ${[...kinds]}`);
    const result = await run.wait();
    assert.equal(result.status, "finished");
    assert.ok(result.result);
    assert.ok(result.durationMs > 0);
    assert.ok(result.git.branches[0].branch);
    assert.ok(result.git.branches[0].prUrl);
    for (const type of ["user-message-appended", "text-delta", "tool-call-started", "tool-call-completed", "turn-ended"])
      assert.ok(updates.includes(type), `${type} is in ${[...new Set(updates)]}`);
    assert.equal(updates.filter((type) => type === "turn-ended").length, 1);
    kept.agent = agent;
    kept.run = run;
  },

  async conversation() {
    const turns = await kept.run.conversation();
    assert.equal(turns.length, 1);
    const kinds = new Set(turns[0].turn.steps.map((step) => step.type));
    assert.ok(kinds.has("toolCall") && kinds.has("assistantMessage"), [...kinds].join());
    const call = turns[0].turn.steps.find((step) => step.type === "toolCall").message;
    assert.equal(call.type, "shell");
    assert.equal(call.result.status, "success");
    assert.equal(call.result.value.exitCode, 0);
  },

  async "a stream that is read again is the same"() {
    const texts = async () => {
      const run = await Agent.getRun(kept.run.id, { runtime: "cloud", agentId: kept.agent.agentId });
      return JSON.stringify((await run.conversation()).map((turn) => turn.turn.steps));
    };
    assert.equal(await texts(), await texts());
  },

  async "follow-up"() {
    const run = await kept.agent.send(block("echo two >> TWO.md", "test -f ONE.md"));
    assert.equal((await run.wait()).status, "finished");
    const runs = await Agent.listRuns(kept.agent.agentId, { runtime: "cloud" });
    assert.deepEqual(runs.items.map((one) => one.id), [run.id, kept.run.id]);
    kept.second = run.id;
  },

  async "resumed by its id"() {
    const agent = await Agent.resume(kept.agent.agentId);
    const result = await (await agent.send(block("test -f TWO.md"))).wait();
    assert.equal(result.status, "finished");
  },

  async "variables of one run"() {
    const envVars = { GREETING: "good-evening" };
    const run = await kept.agent.send(block('test "$GREETING" = good-evening'), { cloud: { envVars } });
    assert.equal((await run.wait()).status, "finished");
    assert.equal((await (await kept.agent.send(block('test -z "$GREETING"'))).wait()).status, "finished");
  },

  async "variables of an agent"() {
    const agent = await Agent.create({ model, cloud: cloud({ envVars: { GREETING: "good-morning" } }) });
    for (const _ of [1, 2]) {
      const run = await agent.send(block('test "$GREETING" = good-morning'));
      assert.equal((await run.wait()).status, "finished");
    }
    await Agent.delete(agent.agentId);
  },

  async "no repository"() {
    const agent = await Agent.create({ model, cloud: { repos: [] } });
    const result = await (await agent.send(block('test -z "$(ls)"'))).wait();
    assert.equal(result.status, "finished");
    assert.equal(result.git, undefined);
    await Agent.delete(agent.agentId);
  },

  async plan() {
    const planned = await (await kept.agent.send(block("touch never"), { mode: "plan" })).wait();
    assert.equal(planned.status, "finished");
    assert.ok(planned.result);
    const after = await (await kept.agent.send(block("test ! -e never"), { mode: "agent" })).wait();
    assert.equal(after.status, "finished");
  },

  async cancel() {
    const agent = await Agent.create({ model, cloud: cloud() });
    const run = await agent.send(block("sleep 300"));
    for await (const message of run.stream()) if (message.type === "tool_call") break;
    await run.cancel();
    assert.equal((await run.wait()).status, "cancelled");
    const info = await Agent.get(agent.agentId);
    assert.notEqual(info.status, "error");
  },

  async "busy, then failed"() {
    const agent = await Agent.create({ model, cloud: cloud() });
    const run = await agent.send(block("sleep 300"));
    await assert.rejects(agent.send("And this."), AgentBusyError);
    await run.cancel();
    await run.wait();
    // The cancelled run holds the agent until its processes are gone.
    let failed;
    for (let tries = 0; failed === undefined; tries += 1) {
      try {
        failed = await (await agent.send(block("exit 7"))).wait();
      } catch (error) {
        if (!(error instanceof AgentBusyError) || tries === 100) throw error;
        await new Promise((done) => setTimeout(done, 50));
      }
    }
    assert.equal(failed.status, "error");
    assert.ok(failed.error.message);
    await Agent.delete(agent.agentId);
  },

  async "usage and artifacts"() {
    const usage = await kept.agent.getUsage();
    assert.ok(usage.runs.length >= 2);
    const one = await kept.agent.getUsage({ runId: kept.second });
    assert.deepEqual(one.runs.map((run) => run.runId), [kept.second]);
    const artifacts = await kept.agent.listArtifacts();
    assert.deepEqual(artifacts.map((artifact) => artifact.path), ["artifacts/report.txt"]);
    assert.equal((await kept.agent.downloadArtifact(artifacts[0].path)).toString(), "report\n");
  },

  async "get and list"() {
    const info = await Agent.get(kept.agent.agentId);
    assert.equal(info.name, "By the SDK");
    assert.deepEqual(info.metadata, { ticket: "T-2" });
    const seen = [];
    let cursor;
    do {
      const page = await Agent.list({ runtime: "cloud", limit: 1, cursor });
      seen.push(...page.items.map((item) => item.agentId));
      cursor = page.nextCursor;
    } while (cursor);
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(seen.includes(kept.agent.agentId));
    const { branches } = (await Agent.getRun(kept.second, { runtime: "cloud", agentId: kept.agent.agentId })).git;
    const found = await Agent.list({ runtime: "cloud", prUrl: branches[0].prUrl });
    assert.deepEqual(found.items.map((item) => item.agentId), [kept.agent.agentId]);
  },

  async "a create that is sent twice"() {
    const agentId = `bc-${randomUUID()}`;
    const options = () => ({ model, agentId, cloud: cloud() });
    const first = await Agent.create(options());
    const run = await first.send(block("true"), { idempotencyKey: randomUUID() });
    assert.equal(first.agentId, agentId);
    assert.equal((await run.wait()).status, "finished");
    await Agent.delete(agentId);
  },

  async archive() {
    const id = kept.agent.agentId;
    await Agent.archive(id);
    assert.equal((await Agent.get(id)).archived, true);
    const left = await Agent.list({ runtime: "cloud", includeArchived: false, limit: 100 });
    assert.ok(!left.items.some((item) => item.agentId === id));
    await assert.rejects(kept.agent.send("Not now."), /archived/i);
    await Agent.unarchive(id);
    assert.notEqual((await Agent.get(id)).archived, true);
  },

  async delete() {
    await Agent.delete(kept.agent.agentId);
    await assert.rejects(Agent.get(kept.agent.agentId), CursorSdkError);
  },

  async errors() {
    await assert.rejects(Cursor.me({ apiKey: "key_wrong" }), AuthenticationError);
    await assert.rejects(Agent.get(`bc-${randomUUID()}`), CursorSdkError);
    const unknown = async () => (await Agent.create({ model: { id: "no-such-model" }, cloud: cloud() })).send("Hello.");
    await assert.rejects(unknown(), CursorSdkError);
    const nowhere = async () => (await Agent.create({ model, cloud: { repos: [{ url: `${repository}-gone` }] } })).send("Hello.");
    await assert.rejects(nowhere(), CursorSdkError);
  },
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await Promise.race([
      step(),
      new Promise((_, late) => setTimeout(() => late(new Error("no end after 60 s")), 60_000).unref()),
    ]);
    console.log(`ok     typescript: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED typescript: ${name}`);
    console.log(error);
  }
}
process.exit(failed === 0 ? 0 : 1);
