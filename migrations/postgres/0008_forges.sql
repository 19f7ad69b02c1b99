-- Webhooks that forges sent us, until they were dealt with and for a while after.
CREATE TABLE incoming_hooks (
    -- The forge's name in the configuration.
    forge text NOT NULL,
    -- The forge's own id: one that is sent again is the same.
    delivery_id text NOT NULL,
    event text NOT NULL,
    -- Emptied at a good end.
    body bytea NOT NULL,
    state text NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    -- Raised by each claim: the fencing token.
    claims bigint NOT NULL DEFAULT 0,
    worker text,
    -- While it is claimed, the end of the lease.
    due_at bigint,
    -- Why it was ignored or failed, or was not dealt with the last time.
    cause text,
    received_at bigint NOT NULL,
    ended_at bigint
);
CREATE UNIQUE INDEX incoming_hooks_by_id ON incoming_hooks (forge, delivery_id);
CREATE INDEX incoming_hooks_due ON incoming_hooks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX incoming_hooks_claimed ON incoming_hooks (worker) WHERE worker IS NOT NULL;
CREATE INDEX incoming_hooks_ended ON incoming_hooks (ended_at) WHERE ended_at IS NOT NULL;

-- Pull requests on forges, and the agent that works on each: who opened it, or took it over last.
CREATE TABLE forge_pull_requests (
    repository text NOT NULL,
    number bigint NOT NULL,
    agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    url text NOT NULL,
    base text NOT NULL,
    head text NOT NULL,
    state text NOT NULL,
    readiness text NOT NULL,
    identity text NOT NULL,
    -- How often a failing check became a follow-up, and for which commit the last time.
    check_follow_ups bigint NOT NULL DEFAULT 0,
    checked_commit text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (repository, number)
);
CREATE INDEX forge_pull_requests_by_agent ON forge_pull_requests (agent_id);
CREATE INDEX forge_pull_requests_by_head ON forge_pull_requests (repository, head);

-- Issues on forges from which agents were launched; the latest of each.
CREATE TABLE forge_issues (
    repository text NOT NULL,
    number bigint NOT NULL,
    agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    PRIMARY KEY (repository, number)
);
CREATE INDEX forge_issues_by_agent ON forge_issues (agent_id);

-- What the credentials of a forge reach, page by page as the forge lists it.
CREATE TABLE forge_pages (
    forge text NOT NULL,
    -- From 0.
    number bigint NOT NULL,
    -- How the forge names the next page, and what marks this one as unchanged.
    next text,
    etag text,
    -- One a line.
    repositories text NOT NULL,
    PRIMARY KEY (forge, number)
);
