-- Which keys have sealed values here: a server that lacks one is refused at its start.
CREATE TABLE sealing_keys (
    key_id bytea NOT NULL PRIMARY KEY,
    -- A known text, sealed: only the right key opens it.
    proof bytea NOT NULL,
    created_at bigint NOT NULL
);

-- Variables that came with an agent; the values are sealed.
CREATE TABLE variables (
    agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    name text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (agent_id, name)
);

-- Variables that came with one run of an agent.
CREATE TABLE run_variables (
    run_id uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (run_id, name)
);

CREATE TABLE environments (
    id uuid NOT NULL PRIMARY KEY,
    -- Who made it; personal ones are seen by nobody else.
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    owner text NOT NULL,
    name text NOT NULL,
    file text NOT NULL,
    version_id uuid NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX environments_of_accounts ON environments (account_id, name)
    WHERE owner = 'personal';
CREATE UNIQUE INDEX environments_of_team ON environments (name) WHERE owner = 'team';
CREATE INDEX environments_by_change ON environments (account_id, updated_at, id);

CREATE TABLE environment_repositories (
    environment_id uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    repository text NOT NULL,
    PRIMARY KEY (environment_id, number)
);

CREATE TABLE environment_versions (
    id uuid NOT NULL PRIMARY KEY,
    environment_id uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    event text NOT NULL,
    name text NOT NULL,
    file text NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (environment_id, number)
);

-- Secrets of users, of cloud environments and of the team.
CREATE TABLE user_secrets (
    id uuid NOT NULL PRIMARY KEY,
    -- 'team', or a word and the id that is also in one of the next two columns.
    holder text NOT NULL,
    account_id uuid REFERENCES accounts (id) ON DELETE CASCADE,
    environment_id uuid REFERENCES environments (id) ON DELETE CASCADE,
    name text NOT NULL,
    -- In lower case; several rows of one name are for different repositories.
    folded_name text NOT NULL,
    kind text NOT NULL,
    -- One a line; none: all.
    repositories text NOT NULL,
    value bytea NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX user_secrets_by_holder ON user_secrets (holder, folded_name);
