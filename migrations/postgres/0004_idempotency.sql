-- Answers that were given to requests with an Idempotency-Key, for those who ask again.
CREATE TABLE receipts (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Method and path.
    route text NOT NULL,
    idempotency_key text NOT NULL,
    -- SHA-256 of the request's body.
    digest bytea NOT NULL,
    -- Status and body of the answer. Both are absent only inside the transaction that makes them.
    status bigint,
    body bytea,
    created_at bigint NOT NULL,
    PRIMARY KEY (account_id, route, idempotency_key)
);
CREATE INDEX receipts_by_age ON receipts (created_at);
