-- Browsers that are signed in: the SHA-256 of what their cookie holds, and the key that they act with.
CREATE TABLE sessions (
    digest BLOB NOT NULL PRIMARY KEY,
    key_id BLOB NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_key ON sessions (key_id, created_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- What changed since somebody last asked.
CREATE INDEX agents_by_change ON agents (account_id, updated_at, id);
