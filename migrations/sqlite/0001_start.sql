-- Times are Unix milliseconds. The twin of this file for PostgreSQL holds the same tables.

CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_fingerprint ON api_keys (fingerprint);

CREATE TABLE agents (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    model TEXT NOT NULL,
    effort TEXT,
    pull_request_creation TEXT NOT NULL,
    pull_request_identity TEXT NOT NULL,
    reviewer_request TEXT NOT NULL,
    webhook_url TEXT,
    webhook_secret TEXT,
    -- Both or neither; no reference, since the agent keeps the name of an environment that is gone.
    environment_id BLOB,
    environment_name TEXT,
    -- A JSON object of texts.
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    archived_at INTEGER,
    -- The number of the agent's latest event.
    last_seq INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX agents_by_account ON agents (account_id, created_at, id);

-- An id is never given twice, not even after its agent was deleted.
CREATE TABLE deleted_agents (
    id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Numbers are the caller's order, from 1.
CREATE TABLE agent_repositories (
    agent_id BLOB NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    repository TEXT NOT NULL,
    base_ref TEXT,
    source_pull_request_url TEXT,
    folder TEXT,
    branch_wish TEXT NOT NULL,
    wished_branch TEXT,
    branch TEXT,
    head TEXT,
    pull_request_url TEXT,
    PRIMARY KEY (agent_id, number),
    UNIQUE (agent_id, repository)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_repositories_by_pull_request ON agent_repositories (pull_request_url)
    WHERE pull_request_url IS NOT NULL;
CREATE INDEX agent_repositories_by_source ON agent_repositories (source_pull_request_url)
    WHERE source_pull_request_url IS NOT NULL;

CREATE TABLE runs (
    id BLOB NOT NULL PRIMARY KEY,
    agent_id BLOB NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    -- Its agent's, for the queue.
    account_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    mode TEXT NOT NULL,
    model TEXT NOT NULL,
    effort TEXT,
    request_id TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    stalled_attempts INTEGER NOT NULL,
    -- Both are there while a worker holds the run, and only then.
    worker TEXT,
    lease_until INTEGER,
    not_before INTEGER NOT NULL,
    failure_cause TEXT,
    failure_message TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    summary TEXT,
    UNIQUE (agent_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_queued ON runs (created_at, id) WHERE state = 'queued';
CREATE INDEX runs_queued_by_account ON runs (account_id, created_at, id) WHERE state = 'queued';
CREATE INDEX runs_leased_by_account ON runs (account_id) WHERE lease_until IS NOT NULL;
CREATE INDEX runs_leased ON runs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX runs_open ON runs (agent_id, number) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX runs_one_leased ON runs (agent_id) WHERE lease_until IS NOT NULL;

-- The commits that a run's work started from, one a repository of its agent.
CREATE TABLE run_bases (
    run_id BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    commit_id TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE prompts (
    run_id BLOB NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE prompt_images (
    run_id BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT;

CREATE TABLE events (
    agent_id BLOB NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    run_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_in_order ON events (agent_id, seq);
CREATE INDEX events_lasting ON events (agent_id, seq)
    WHERE kind NOT IN ('text_delta', 'thinking_delta', 'tool_output');
CREATE INDEX events_conversation ON events (agent_id, seq) WHERE kind IN ('prompt', 'text');

-- No reference to agents: a pull request stays when its agent is deleted, as it would on a forge.
CREATE TABLE pull_requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    repository TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    base TEXT NOT NULL,
    head TEXT NOT NULL,
    base_commit TEXT NOT NULL,
    head_commit TEXT NOT NULL,
    state TEXT NOT NULL,
    merge_commit TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pull_requests_by_account ON pull_requests (account_id, number);
CREATE INDEX pull_requests_by_head ON pull_requests (account_id, repository, head, base);
CREATE UNIQUE INDEX pull_requests_one_open ON pull_requests (account_id, repository, head, base)
    WHERE state = 'open';

CREATE TABLE artifacts (
    agent_id BLOB NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    file TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (agent_id, path)
) STRICT, WITHOUT ROWID;

-- No reference to agents: the row stays until the folder is gone.
CREATE TABLE workspaces (
    agent_id BLOB NOT NULL PRIMARY KEY,
    uid INTEGER UNIQUE,
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX workspaces_by_use ON workspaces (used_at);

CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row, written to see that writing works.
CREATE TABLE probes (
    id INTEGER NOT NULL PRIMARY KEY,
    probed_at INTEGER NOT NULL
) STRICT;
