// Drives a running server with the AI SDK (npm `ai`), unmodified: its own transport starts jobs of Mintlify's
// v1, and its own reader takes their streams apart.
//
// Reads OUTWORK_URL and OUTWORK_API_KEY; the server has a project `docs`. Prints one line a step and ends
// with status 0 only if all held.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const { DefaultChatTransport, readUIMessageStream } = require("ai");
const { version } = require("ai/package.json");

const url = process.env.OUTWORK_URL;
const headers = { authorization: `Bearer ${process.env.OUTWORK_API_KEY}` };
const block = (...lines) => `Do this:\n\`\`\`sh\n${lines.join("\n")}\n\`\`\`\n`;
const said = (text) => [{ id: "m1", role: "user", parts: [{ type: "text", text }] }];

/// Starts a job: the stream of its parts, and the headers of the answer.
const start = async (text, { body, key = headers } = {}) => {
  let answer;
  const transport = new DefaultChatTransport({
    api: `${url}/v1/agent/docs/job`,
    headers: key,
    body,
    fetch: async (...request) => (answer = await fetch(...request)),
  });
  const asked = { chatId: "c1", messages: said(text), trigger: "submit-message", messageId: undefined };
  const stream = await transport.sendMessages({ ...asked, abortSignal: undefined });
  return { stream, headers: answer.headers };
};

/// Reads a job's stream to its end: the message that it adds up to, the parts as they came, and errors.
const read = async (stream, saw = () => {}) => {
  const parts = [];
  const errors = [];
  const seen = new TransformStream({
    transform(part, controller) {
      parts.push(part);
      saw(part);
      controller.enqueue(part);
    },
  });
  let message;
  const messages = readUIMessageStream({
    stream: stream.pipeThrough(seen),
    onError: (error) => void errors.push(error.message),
  });
  for await (const state of messages) message = state;
  return { message, parts, errors };
};

const ask = async (method, where) => {
  const answer = await fetch(`${url}${where}`, { method, headers });
  assert.ok(answer.ok, `${method} ${where}: ${answer.status}`);
  return answer.json();
};

const session = (started) => ask("GET", `/v1/agent/docs/job/${started.headers.get("x-session-id")}`);

const steps = {
  async "a run to its end"() {
    const branch = `guides/sdk-${version}`;
    const started = await start(block("echo one >> GUIDE.md", "cat GUIDE.md"), { body: { branch, asDraft: true } });
    assert.equal(started.headers.get("x-branch-name"), branch);
    const { message, parts, errors } = await read(started.stream);
    assert.deepEqual(errors, []);
    assert.match(message.id, /^run-/);
    const of = (type) => message.parts.filter((part) => part.type === type);
    assert.ok(of("text").some((part) => part.text !== "" && part.state === "done"), JSON.stringify(message.parts));
    const [tool] = of("dynamic-tool");
    assert.equal(tool.state, "output-available");
    assert.match(tool.output.text, /one/);
    assert.equal(of("step-start").length, parts.filter((part) => part.type === "start-step").length);
    const end = parts.at(-1);
    assert.deepEqual([end.type, end.finishReason], ["finish", "stop"]);
    const job = await session(started);
    assert.deepEqual([job.haulted, job.haultReason, job.branch], [true, "completed", branch]);
    assert.equal(of("data-pull-request").at(-1).data.url, job.pullRequestLink);
  },

  async "a run that fails"() {
    const started = await start(block("exit 7"));
    const { parts, errors } = await read(started.stream);
    const job = await session(started);
    assert.equal(job.haultReason, "error");
    assert.deepEqual(errors, [job.messageToUser]);
    assert.equal(parts.at(-1).finishReason, "error");
  },

  async "a run that is cancelled"() {
    const started = await start(block("sleep 300"));
    let stopped;
    const stop = () => ask("POST", `/v0/agents/bc-${started.headers.get("x-session-id")}/stop`);
    const { parts, errors } = await read(started.stream, (part) => {
      if (part.type === "tool-input-available") stopped ??= stop();
    });
    await stopped;
    assert.deepEqual(errors, []);
    assert.equal(parts.at(-1).type, "abort");
    assert.equal((await session(started)).haultReason, "interrupted");
  },

  async "who goes away does not stop the job"() {
    const started = await start(block("echo two >> GUIDE.md"));
    await started.stream.cancel();
    let job;
    do job = await session(started);
    while (!job.haulted);
    assert.equal(job.haultReason, "completed");
  },

  async refusals() {
    const refused = (text, options, words) => assert.rejects(start(text, options), words);
    await refused("Go.", { key: {} }, /Invalid or missing API key/);
    await refused("Go.", { body: { model: "no-such-model" } }, /model/);
    await refused(" ", {}, /user message/);
  },
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await Promise.race([
      step(),
      new Promise((_, late) => setTimeout(() => late(new Error("no end after 60 s")), 60_000).unref()),
    ]);
    console.log(`ok     ai ${version}: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ai ${version}: ${name}`);
    console.log(error);
  }
}
process.exit(failed === 0 ? 0 : 1);
