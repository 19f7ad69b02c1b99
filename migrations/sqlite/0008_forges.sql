-- Webhooks that forges sent us, until they were dealt with and for a while after.
CREATE TABLE incoming_hooks (
    -- The forge's name in the configuration.
    forge TEXT NOT NULL,
    -- The forge's own id: one that is sent again is the same.
    delivery_id TEXT NOT NULL,
    event TEXT NOT NULL,
    -- Emptied at a good end.
    body BLOB NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Raised by each claim: the fencing token.
    claims INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    -- While it is claimed, the end of the lease.
    due_at INTEGER,
    -- Why it was ignored or failed, or was not dealt with the last time.
    cause TEXT,
    received_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX incoming_hooks_by_id ON incoming_hooks (forge, delivery_id);
CREATE INDEX incoming_hooks_due ON incoming_hooks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX incoming_hooks_claimed ON incoming_hooks (worker) WHERE worker IS NOT NULL;
CREATE INDEX incoming_hooks_ended ON incoming_hooks (ended_at) WHERE ended_at IS NOT NULL;

-- Pull requests on forges, and the agent that works on each: who opened it, or took it over last.
CREATE TABLE forge_pull_requests (
    repository TEXT NOT NULL,
    number INTEGER NOT NULL,
    agent_id BLOB NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    base TEXT NOT NULL,
    head TEXT NOT NULL,
    state TEXT NOT NULL,
    readiness TEXT NOT NULL,
    identity TEXT NOT NULL,
    -- How often a failing check became a follow-up, and for which commit the last time.
    check_follow_ups INTEGER NOT NULL DEFAULT 0,
    checked_commit TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (repository, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX forge_pull_requests_by_agent ON forge_pull_requests (agent_id);
CREATE INDEX forge_pull_requests_by_head ON forge_pull_requests (repository, head);

-- Issues on forges from which agents were launched; the latest of each.
CREATE TABLE forge_issues (
    repository TEXT NOT NULL,
    number INTEGER NOT NULL,
    agent_id BLOB NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (repository, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX forge_issues_by_agent ON forge_issues (agent_id);

-- What the credentials of a forge reach, page by page as the forge lists it.
CREATE TABLE forge_pages (
    forge TEXT NOT NULL,
    -- From 0.
    number INTEGER NOT NULL,
    -- How the forge names the next page, and what marks this one as unchanged.
    next TEXT,
    etag TEXT,
    -- One a line.
    repositories TEXT NOT NULL,
    PRIMARY KEY (forge, number)
) STRICT, WITHOUT ROWID;
