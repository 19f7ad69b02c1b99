-- Answers that were given to requests with an Idempotency-Key, for those who ask again.
CREATE TABLE receipts (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Method and path.
    route TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- SHA-256 of the request's body.
    digest BLOB NOT NULL,
    -- Status and body of the answer. Both are absent only inside the transaction that makes them.
    status INTEGER,
    body BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, route, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_by_age ON receipts (created_at);
