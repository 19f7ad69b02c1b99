"""Drives a running server with the official Python SDK (PyPI `cursor-sdk`), unmodified.

Reads CURSOR_BACKEND_URL, CURSOR_API_KEY and OUTWORK_REPOSITORY. Prints one line a step and ends with
status 0 only if all held.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
import uuid

import cursor_sdk
from cursor_sdk import AgentOptions, Client, CloudAgentOptions, CloudRepository, CloudSendOptions, SendOptions

REPOSITORY = os.environ["OUTWORK_REPOSITORY"]
KEY = os.environ["CURSOR_API_KEY"]
DEADLINE = time.monotonic() + 240


def block(*lines: str) -> str:
    """A prompt whose one fenced block the model `script` runs."""
    return "Do this:\n```sh\n" + "\n".join(lines) + "\n```\n"


def same(what: str, found, wanted) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, wanted {wanted!r}")


def holds(what: str, condition) -> None:
    if not condition:
        raise AssertionError(what)


def raises(kinds, call, code: str | None = None):
    try:
        call()
    except kinds as error:
        if code is not None and code not in str(error):
            raise AssertionError(f"{error!r} does not say {code!r}") from error
        return error
    raise AssertionError(f"nothing was raised, wanted {kinds}")


def create(client: Client, **cloud):
    options = CloudAgentOptions(repos=[CloudRepository(url=REPOSITORY, starting_ref="main")], **cloud)
    return client.create_agent(AgentOptions(model="script", api_key=KEY, cloud=options, name="By the SDK"))


def account(client: Client) -> None:
    me = client.me(api_key=KEY)
    same("the key's name", me.api_key_name, "conformance")
    same("the key's user", me.user_email, "dev@example.com")
    models = client.list_models(api_key=KEY)
    same("the first model", models[0].id, "default")
    holds("script is listed", any(model.id == "script" for model in models))
    urls = [repository.url for repository in client.list_repositories(api_key=KEY)]
    holds(f"{REPOSITORY} is in {urls}", REPOSITORY in urls)


def first_run(client: Client):
    agent = create(client, auto_create_pr=True, metadata={"ticket": "T-1"})
    lines = ("echo one >> ONE.md", "cat README.md", 'echo report > "$OUTWORK_ARTIFACTS/report.txt"')
    run = agent.send(block(*lines))
    kinds = [message.type for message in run.messages()]
    for kind in ("assistant", "tool_call", "status"):
        holds(f"{kind} is among {sorted(set(kinds))}", kind in kinds)
    result = run.wait()
    same("status", result.status, "finished")
    holds("there is a final text", result.result)
    holds("there is a duration", result.duration_ms > 0)
    branch = result.git.branches[0]
    holds("there is a branch", branch.branch)
    holds("there is a pull request", branch.pr_url)
    return agent, run


def conversation(client: Client, agent, run) -> None:
    turns = run.conversation()
    same("turns", len(turns), 1)
    steps = turns[0].turn.steps
    kinds = {step.type for step in steps}
    holds(f"a tool call and an answer are in {kinds}", {"toolCall", "assistantMessage"} <= kinds)


def follow_up(client: Client, agent) -> str:
    run = agent.send(block("echo two >> TWO.md", "test -f ONE.md"))
    text = "".join(run.iter_text())
    holds("text streamed", text.strip())
    result = run.wait()
    same("status", result.status, "finished")
    same("runs", len(client.list_runs(agent.agent_id, runtime="cloud", api_key=KEY).items), 2)
    return run.id


def variables(client: Client, agent) -> None:
    options = SendOptions(cloud=CloudSendOptions(env_vars={"GREETING": "good-evening"}))
    result = agent.send(block('test "$GREETING" = good-evening'), options).wait()
    same("status with a variable of this run", result.status, "finished")
    result = agent.send(block('test -z "$GREETING"')).wait()
    same("status without it", result.status, "finished")


def plan(client: Client, agent) -> None:
    result = agent.send(block("touch never"), {"mode": "plan"}).wait()
    same("status", result.status, "finished")
    result = agent.send(block("test ! -e never"), {"mode": "agent"}).wait()
    same("a plan touches no file", result.status, "finished")


def cancel(client: Client) -> None:
    agent = create(client)
    run = agent.send(block("sleep 300"))
    for message in run.messages():
        if message.type == "tool_call":
            run.cancel()
            break
    same("status", run.wait().status, "cancelled")


def busy(client: Client) -> None:
    agent = create(client)
    run = agent.send(block("sleep 300"))
    raises(cursor_sdk.AgentBusyError, lambda: agent.send("And this."))
    run.cancel()
    same("status", run.wait().status, "cancelled")
    failed = agent.send(block("exit 7")).wait()
    same("a block that fails", failed.status, "error")
    holds("why it failed is told", failed.error_message)
    agent.delete()


def usage_and_artifacts(client: Client, agent, run_id: str) -> None:
    usage = agent.get_usage()
    holds("a usage of each run", len(usage.runs) >= 2)
    same("one run's usage", [run.run_id for run in agent.get_usage(run_id=run_id).runs], [run_id])
    paths = [artifact.path for artifact in agent.list_artifacts()]
    same("artifacts", paths, ["artifacts/report.txt"])
    same("bytes", agent.download_artifact(paths[0]), b"report\n")


def no_repository(client: Client) -> None:
    # The Python options drop an empty list, so the whole choice is spelled out.
    options = AgentOptions(model="script", api_key=KEY, cloud=CloudAgentOptions(env={"type": "cloud"}))
    agent = client.create_agent(options)
    result = agent.send(block("test -z \"$(ls)\"", "echo nothing here")).wait()
    same("status", result.status, "finished")
    agent.delete()


def lists(client: Client, agent) -> None:
    info = client.get_agent(agent.agent_id, api_key=KEY)
    same("name", info.name, "By the SDK")
    same("metadata", dict(info.metadata), {"ticket": "T-1"})
    page = client.list_agents(runtime="cloud", limit=1, api_key=KEY)
    same("a page", len(page.items), 1)
    holds("there is another", page.next_cursor)
    seen = {item.agent_id for item in page}
    while page.next_cursor:
        page = client.list_agents(runtime="cloud", limit=1, cursor=page.next_cursor, api_key=KEY)
        new = {item.agent_id for item in page.items}
        holds("no agent is listed twice", not new & seen)
        seen |= new
    holds("the agent is listed", agent.agent_id in seen)


def archive(client: Client, agent) -> None:
    agent.archive()
    holds("archived", client.get_agent(agent.agent_id, api_key=KEY).archived)
    kept = client.list_agents(runtime="cloud", include_archived=False, api_key=KEY).items
    holds("left out", agent.agent_id not in [item.agent_id for item in kept])
    raises(cursor_sdk.CursorAgentError, lambda: agent.send("Not now."), "archived")
    agent.unarchive()
    holds("back", not client.get_agent(agent.agent_id, api_key=KEY).archived)


def delete(client: Client, agent) -> None:
    agent.delete()
    raises(cursor_sdk.CursorAgentError, lambda: client.get_agent(agent.agent_id, api_key=KEY))


def errors(client: Client) -> None:
    raises(cursor_sdk.AuthenticationError, lambda: client.me(api_key="key_wrong"))
    unknown = f"bc-{uuid.uuid4()}"
    raises(cursor_sdk.CursorAgentError, lambda: client.get_agent(unknown, api_key=KEY))
    options = AgentOptions(
        model="no-such-model",
        api_key=KEY,
        cloud=CloudAgentOptions(repos=[CloudRepository(url=REPOSITORY)]),
    )
    raises(cursor_sdk.CursorAgentError, lambda: client.create_agent(options).send("Hello."))


def repeated(client: Client) -> None:
    """The same create twice, as after a lost answer, makes one agent."""
    identity = f"bc-{uuid.uuid4()}"
    options = AgentOptions(
        model="script",
        api_key=KEY,
        agent_id=identity,
        cloud=CloudAgentOptions(repos=[CloudRepository(url=REPOSITORY)]),
    )
    key = str(uuid.uuid4())
    agent = client.create_agent(options)
    run = agent.send(block("true"), idempotency_key=key)
    same("the id that was asked for", agent.agent_id, identity)
    same("status", run.wait().status, "finished")
    agent.delete()


def main() -> int:
    state = os.environ.get("OUTWORK_SCRATCH", ".")
    with Client.launch_bridge(workspace=state, state_root=os.path.join(state, "bridge")) as client:
        kept = {}

        def first() -> None:
            kept["agent"], kept["run"] = first_run(client)

        def second() -> None:
            kept["run_id"] = follow_up(client, kept["agent"])

        steps = [
            ("account, models, repositories", lambda: account(client)),
            ("create and stream", first),
            ("conversation", lambda: conversation(client, kept["agent"], kept["run"])),
            ("follow-up", second),
            ("variables of one run", lambda: variables(client, kept["agent"])),
            ("plan", lambda: plan(client, kept["agent"])),
            ("cancel", lambda: cancel(client)),
            ("busy and failed", lambda: busy(client)),
            ("usage and artifacts", lambda: usage_and_artifacts(client, kept["agent"], kept["run_id"])),
            ("no repository", lambda: no_repository(client)),
            ("get and list", lambda: lists(client, kept["agent"])),
            ("repeated create", lambda: repeated(client)),
            ("archive", lambda: archive(client, kept["agent"])),
            ("delete", lambda: delete(client, kept["agent"])),
            ("errors", lambda: errors(client)),
        ]
        failed = 0
        for name, step in steps:
            if time.monotonic() > DEADLINE:
                print(f"FAILED {name}: out of time", flush=True)
                return 1
            try:
                step()
                print(f"ok     python: {name}", flush=True)
            except Exception as error:  # Every step is told, whatever broke it.
                failed += 1
                traceback.print_exc()
                # Last, since the end of a log is what is kept of it.
                print(f"FAILED python: {name}: {error!r}", flush=True)
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
