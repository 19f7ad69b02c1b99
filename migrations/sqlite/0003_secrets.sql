-- Which keys have sealed values here: a server that lacks one is refused at its start.
CREATE TABLE sealing_keys (
    key_id BLOB NOT NULL PRIMARY KEY,
    -- A known text, sealed: only the right key opens it.
    proof BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Variables that came with an agent; the values are sealed.
CREATE TABLE variables (
    agent_id BLOB NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (agent_id, name)
) STRICT, WITHOUT ROWID;

-- Variables that came with one run of an agent.
CREATE TABLE run_variables (
    run_id BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE environments (
    id BLOB NOT NULL PRIMARY KEY,
    -- Who made it; personal ones are seen by nobody else.
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    version_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX environments_of_accounts ON environments (account_id, name)
    WHERE owner = 'personal';
CREATE UNIQUE INDEX environments_of_team ON environments (name) WHERE owner = 'team';
CREATE INDEX environments_by_change ON environments (account_id, updated_at, id);

CREATE TABLE environment_repositories (
    environment_id BLOB NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    repository TEXT NOT NULL,
    PRIMARY KEY (environment_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE environment_versions (
    id BLOB NOT NULL PRIMARY KEY,
    environment_id BLOB NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    event TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (environment_id, number)
) STRICT, WITHOUT ROWID;

-- Secrets of users, of cloud environments and of the team.
CREATE TABLE user_secrets (
    id BLOB NOT NULL PRIMARY KEY,
    -- 'team', or a word and the id that is also in one of the next two columns.
    holder TEXT NOT NULL,
    account_id BLOB REFERENCES accounts (id) ON DELETE CASCADE,
    environment_id BLOB REFERENCES environments (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- In lower case; several rows of one name are for different repositories.
    folded_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- One a line; none: all.
    repositories TEXT NOT NULL,
    value BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX user_secrets_by_holder ON user_secrets (holder, folded_name);
