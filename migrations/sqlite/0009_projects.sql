-- Projects that were added by command; those of a configuration file are not here.
CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    alias TEXT UNIQUE,
    repository TEXT NOT NULL,
    base_ref TEXT,
    model TEXT,
    -- A JSON object: what clients call a model, and which it is.
    models TEXT NOT NULL,
    branch_prefix TEXT NOT NULL,
    uses_per_hour INTEGER NOT NULL,
    pull_request_creation TEXT NOT NULL,
    readiness TEXT NOT NULL,
    instructions TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The project that an agent was made in; no reference, since projects come and go.
ALTER TABLE agents ADD COLUMN project TEXT;
ALTER TABLE agents ADD COLUMN readiness TEXT NOT NULL DEFAULT 'ready';
ALTER TABLE pull_requests ADD COLUMN readiness TEXT NOT NULL DEFAULT 'ready';

-- What an agent is told beyond its prompts.
CREATE TABLE agent_guidance (
    agent_id BLOB NOT NULL PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
    text TEXT,
    file TEXT
) STRICT;

-- What a key may be used for. Projects and networks: one a line; none: all.
ALTER TABLE api_keys ADD COLUMN scope TEXT NOT NULL DEFAULT 'write';
ALTER TABLE api_keys ADD COLUMN projects TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN networks TEXT NOT NULL DEFAULT '';
