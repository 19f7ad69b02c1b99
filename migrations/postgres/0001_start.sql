-- Times are Unix milliseconds. The twin of this file for SQLite holds the same tables.

CREATE TABLE accounts (
    id uuid NOT NULL PRIMARY KEY,
    email text NOT NULL UNIQUE,
    created_at bigint NOT NULL
);

CREATE TABLE api_keys (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name text NOT NULL,
    fingerprint text NOT NULL,
    digest bytea NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    revoked_at bigint
);
CREATE INDEX api_keys_by_fingerprint ON api_keys (fingerprint);

CREATE TABLE agents (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name text NOT NULL,
    model text NOT NULL,
    effort text,
    pull_request_creation text NOT NULL,
    pull_request_identity text NOT NULL,
    reviewer_request text NOT NULL,
    webhook_url text,
    webhook_secret text,
    -- Both or neither; no reference, since the agent keeps the name of an environment that is gone.
    environment_id uuid,
    environment_name text,
    -- A JSON object of texts.
    metadata text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    archived_at bigint,
    -- The number of the agent's latest event.
    last_seq bigint NOT NULL DEFAULT 0
);
CREATE INDEX agents_by_account ON agents (account_id, created_at, id);

-- An id is never given twice, not even after its agent was deleted.
CREATE TABLE deleted_agents (
    id uuid NOT NULL PRIMARY KEY
);

-- Numbers are the caller's order, from 1.
CREATE TABLE agent_repositories (
    agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    repository text NOT NULL,
    base_ref text,
    source_pull_request_url text,
    folder text,
    branch_wish text NOT NULL,
    wished_branch text,
    branch text,
    head text,
    pull_request_url text,
    PRIMARY KEY (agent_id, number),
    UNIQUE (agent_id, repository)
);
CREATE INDEX agent_repositories_by_pull_request ON agent_repositories (pull_request_url)
    WHERE pull_request_url IS NOT NULL;
CREATE INDEX agent_repositories_by_source ON agent_repositories (source_pull_request_url)
    WHERE source_pull_request_url IS NOT NULL;

CREATE TABLE runs (
    id uuid NOT NULL PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    -- Its agent's, for the queue.
    account_id uuid NOT NULL,
    number bigint NOT NULL,
    mode text NOT NULL,
    model text NOT NULL,
    effort text,
    request_id text NOT NULL,
    state text NOT NULL,
    attempt bigint NOT NULL,
    stalled_attempts bigint NOT NULL,
    -- Both are there while a worker holds the run, and only then.
    worker text,
    lease_until bigint,
    not_before bigint NOT NULL,
    failure_cause text,
    failure_message text,
    created_at bigint NOT NULL,
    started_at bigint,
    ended_at bigint,
    summary text,
    UNIQUE (agent_id, number)
);
CREATE INDEX runs_queued ON runs (created_at, id) WHERE state = 'queued';
CREATE INDEX runs_queued_by_account ON runs (account_id, created_at, id) WHERE state = 'queued';
CREATE INDEX runs_leased_by_account ON runs (account_id) WHERE lease_until IS NOT NULL;
CREATE INDEX runs_leased ON runs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX runs_open ON runs (agent_id, number) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX runs_one_leased ON runs (agent_id) WHERE lease_until IS NOT NULL;

-- The commits that a run's work started from, one a repository of its agent.
CREATE TABLE run_bases (
    run_id uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    commit_id text NOT NULL,
    PRIMARY KEY (run_id, number)
);

CREATE TABLE prompts (
    run_id uuid NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    text text NOT NULL
);

CREATE TABLE prompt_images (
    run_id uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (run_id, number)
);

CREATE TABLE events (
    agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    seq bigint NOT NULL,
    run_id uuid NOT NULL,
    attempt bigint NOT NULL,
    at bigint NOT NULL,
    kind text NOT NULL,
    body text NOT NULL
);
CREATE UNIQUE INDEX events_in_order ON events (agent_id, seq);
CREATE INDEX events_lasting ON events (agent_id, seq)
    WHERE kind NOT IN ('text_delta', 'thinking_delta', 'tool_output');
CREATE INDEX events_conversation ON events (agent_id, seq) WHERE kind IN ('prompt', 'text');

-- No reference to agents: a pull request stays when its agent is deleted, as it would on a forge.
CREATE TABLE pull_requests (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    repository text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    base text NOT NULL,
    head text NOT NULL,
    base_commit text NOT NULL,
    head_commit text NOT NULL,
    state text NOT NULL,
    merge_commit text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX pull_requests_by_account ON pull_requests (account_id, number);
CREATE INDEX pull_requests_by_head ON pull_requests (account_id, repository, head, base);
CREATE UNIQUE INDEX pull_requests_one_open ON pull_requests (account_id, repository, head, base)
    WHERE state = 'open';

CREATE TABLE artifacts (
    agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    path text NOT NULL,
    size_bytes bigint NOT NULL,
    file text NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (agent_id, path)
);

-- No reference to agents: the row stays until the folder is gone.
CREATE TABLE workspaces (
    agent_id uuid NOT NULL PRIMARY KEY,
    uid bigint UNIQUE,
    used_at bigint NOT NULL
);
CREATE INDEX workspaces_by_use ON workspaces (used_at);

CREATE TABLE secrets (
    name text NOT NULL PRIMARY KEY,
    value bytea NOT NULL
);

-- One row, written to see that writing works.
CREATE TABLE probes (
    id bigint NOT NULL PRIMARY KEY,
    probed_at bigint NOT NULL
);
