-- Projects that were added by command; those of a configuration file are not here.
CREATE TABLE projects (
    id text NOT NULL PRIMARY KEY,
    alias text UNIQUE,
    repository text NOT NULL,
    base_ref text,
    model text,
    -- A JSON object: what clients call a model, and which it is.
    models text NOT NULL,
    branch_prefix text NOT NULL,
    uses_per_hour bigint NOT NULL,
    pull_request_creation text NOT NULL,
    readiness text NOT NULL,
    instructions text NOT NULL,
    created_at bigint NOT NULL
);

-- The project that an agent was made in; no reference, since projects come and go.
ALTER TABLE agents ADD COLUMN project text;
ALTER TABLE agents ADD COLUMN readiness text NOT NULL DEFAULT 'ready';
ALTER TABLE pull_requests ADD COLUMN readiness text NOT NULL DEFAULT 'ready';

-- What an agent is told beyond its prompts.
CREATE TABLE agent_guidance (
    agent_id uuid NOT NULL PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
    text text,
    file text
);

-- What a key may be used for. Projects and networks: one a line; none: all.
ALTER TABLE api_keys ADD COLUMN scope text NOT NULL DEFAULT 'write';
ALTER TABLE api_keys ADD COLUMN projects text NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN networks text NOT NULL DEFAULT '';
