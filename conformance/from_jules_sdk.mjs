// Drives a running server with Jules's official SDK (npm `@google/jules-sdk`), unmodified: sessions from their
// creation to their change set, plans, messages, lists.
//
// Reads OUTWORK_URL, OUTWORK_API_KEY and OUTWORK_REPOSITORY, the repository of the server's project `docs`. Prints
// one line a step and ends with status 0 only if all held.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const entry = path.join(process.cwd(), "node_modules/@google/jules-sdk/dist/index.mjs");
assert.ok(existsSync(entry), entry);
// It keeps what it has read in a folder, which must not be that of the last time.
process.env.JULES_HOME = process.env.OUTWORK_SCRATCH;
const { jules } = await import(pathToFileURL(entry));

const client = jules.with({
  apiKey: process.env.OUTWORK_API_KEY,
  baseUrl: `${process.env.OUTWORK_URL}/v1alpha`,
  config: { pollingIntervalMs: 100 },
});
const parts = process.env.OUTWORK_REPOSITORY.replace(/\.git$/, "").split("/");
const github = parts.slice(-2).join("/");
const source = { github, baseBranch: "main" };
const block = (...lines) => `Do this:\n\`\`\`sh\n${lines.join("\n")}\n\`\`\`\n`;

/// Reads a stream until an activity of that type, and gives all that came.
const until = async (stream, type) => {
  const seen = [];
  for await (const activity of stream) {
    seen.push(activity);
    if (activity.type === type) return seen;
    assert.notEqual(activity.type, "sessionFailed", activity.reason);
  }
  throw new Error(`the stream ended before ${type}`);
};

const types = (activities) => activities.map((activity) => activity.type);

/// Everything came once, each strictly later than the one before.
const inOrder = (activities) => {
  assert.equal(new Set(activities.map((one) => one.id)).size, activities.length);
  const times = activities.map((one) => one.createTime);
  assert.deepEqual(times, [...new Set(times)].sort());
};

const steps = {
  async sources() {
    const found = await client.sources.get({ github });
    assert.equal(found.githubRepo.repo, parts.at(-1));
    const listed = [];
    for await (const one of client.sources()) listed.push(one.name);
    assert.equal(listed.length, 1);
    assert.equal(await client.sources.get({ github: "nobody/nothing" }), undefined);
  },

  async "a run, streamed to its end"() {
    const run = await client.run({
      prompt: block("echo one > JULES.md", "cat JULES.md"),
      title: "A run",
      source,
    });
    const activities = await until(run.stream(), "sessionCompleted");
    inOrder(activities);
    assert.ok(types(activities).includes("progressUpdated"), types(activities).join());
    assert.ok(types(activities).includes("agentMessaged"));
    const [artifact] = activities.at(-1).artifacts;
    assert.equal(artifact.type, "changeSet");
    const { files, summary } = artifact.parsed();
    assert.deepEqual([summary.created, files[0].path], [1, "JULES.md"]);
    const outcome = await run.result();
    assert.equal(outcome.state, "completed");
    assert.match(outcome.pullRequest.url, /^http/);
    assert.equal(outcome.pullRequest.title, "A run");
    assert.equal(outcome.pullRequest.baseRef, "main");
    const change = outcome.changeSet();
    assert.equal(change.gitPatch.baseCommitId, artifact.gitPatch.baseCommitId);
    assert.equal(outcome.generatedFiles().get("JULES.md").content.trim(), "one");
  },

  async "a plan, approved"() {
    const session = await client.session({ prompt: block("echo planned > PLAN.md"), source, autoPr: false });
    await session.waitFor("awaitingPlanApproval");
    assert.equal((await session.info()).state, "awaitingPlanApproval");
    const planned = await until(session.stream(), "planGenerated");
    const { plan } = planned.at(-1);
    assert.ok(plan.steps.length > 0);
    assert.deepEqual(plan.steps.map((step) => step.index), plan.steps.map((_, at) => at));
    await session.approve();
    await assert.rejects(session.approve(), /FAILED_PRECONDITION|400/);
    const outcome = await session.result();
    assert.equal(outcome.pullRequest, undefined);
    assert.match(outcome.changeSet().gitPatch.unidiffPatch, /^\+planned$/m);
    const all = await until(session.stream(), "sessionCompleted");
    inOrder(all);
    const approved = all.find((one) => one.type === "planApproved");
    assert.deepEqual([approved.planId, approved.originator], [plan.id, "user"]);
  },

  async "messages about a plan and after the work"() {
    const session = await client.session({ prompt: block("echo first > MESSAGE.md"), source, autoPr: false });
    await session.waitFor("awaitingPlanApproval");
    await session.send(block("echo second > MESSAGE.md"));
    await session.waitFor("awaitingPlanApproval");
    await session.approve();
    const first = await session.result();
    assert.match(first.changeSet().gitPatch.unidiffPatch, /^\+second$/m);
    const reply = await session.ask(block("echo third >> MESSAGE.md"));
    assert.equal(reply.type, "agentMessaged");
    const last = await session.result();
    assert.match(last.changeSet().gitPatch.unidiffPatch, /^\+third$/m);
    const snapshot = await session.snapshot();
    assert.equal(snapshot.state, "completed");
    assert.equal(snapshot.activityCounts.userMessaged, 2);
    assert.equal(snapshot.activityCounts.planGenerated, 2);
    assert.equal(snapshot.activityCounts.planApproved, 1);
  },

  async "a session without a repository, put away and taken back"() {
    const session = await client.session({ prompt: block("echo nothing"), requireApproval: false });
    const outcome = await session.result();
    assert.equal(outcome.changeSet(), undefined);
    await session.archive();
    // Its own copy would tell of itself; the lists tell what the server has.
    const ids = async (filter) => (await client.sessions({ filter }).all()).map((one) => one.id);
    assert.deepEqual(await ids("archived = true"), [session.id]);
    assert.ok(!(await ids()).includes(session.id));
    await assert.rejects(session.send("More"), /FAILED_PRECONDITION|400/);
    await session.unarchive();
    assert.ok((await ids()).includes(session.id));
  },

  async "a run that fails says why"() {
    const run = await client.run({ prompt: block("exit 7"), source });
    let reason;
    for await (const activity of run.stream()) {
      if (activity.type === "sessionFailed") {
        reason = activity.reason;
        break;
      }
    }
    assert.ok(reason);
    await assert.rejects(run.result(), { name: "AutomatedSessionFailedError" });
  },

  async lists() {
    const listed = [];
    for await (const session of client.sessions({ pageSize: 2 })) listed.push(session);
    assert.ok(listed.length >= 4);
    const times = listed.map((session) => session.createTime);
    assert.deepEqual(times, [...times].sort().reverse());
  },

  async "a wrong key"() {
    const stranger = client.with({ apiKey: "wrong" });
    await assert.rejects(stranger.sources.get({ github }), { name: "JulesAuthenticationError" });
  },
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await Promise.race([
      step(),
      new Promise((_, late) => setTimeout(() => late(new Error("no end after 120 s")), 120_000).unref()),
    ]);
    console.log(`ok     jules-sdk: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED jules-sdk: ${name}`);
    console.log(error);
  }
}
process.exit(failed === 0 ? 0 : 1);
