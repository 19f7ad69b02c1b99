-- Through which interface an agent was made: decides what its webhooks look like.
ALTER TABLE agents ADD COLUMN dialect TEXT NOT NULL DEFAULT 'cursor_v0';

CREATE TABLE webhook_endpoints (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    -- Sealed.
    secret BLOB NOT NULL,
    -- Words with commas between; empty for all.
    endings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    stopped_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_endpoints_by_account ON webhook_endpoints (account_id, id);

-- Agents whose own receiver said that it is gone for good.
CREATE TABLE webhook_stops (
    agent_id BLOB NOT NULL PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
    stopped_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Both or neither.
    agent_id BLOB REFERENCES agents (id) ON DELETE CASCADE,
    run_id BLOB,
    endpoint_id BLOB REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    -- Deliveries of one lane go out one after the other, in the order of their numbers.
    lane BLOB NOT NULL,
    number INTEGER NOT NULL,
    -- Host and port of the receiver.
    place TEXT NOT NULL,
    event TEXT NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Failures since it was last to be sent from the start.
    failures INTEGER NOT NULL DEFAULT 0,
    -- Raised by each claim: the fencing token.
    claims INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    -- Only the first open delivery of a lane is ever due; while it is claimed, the end of the lease.
    due_at INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX deliveries_due ON deliveries (place, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_open ON deliveries (lane, number) WHERE ended_at IS NULL;
CREATE INDEX deliveries_claimed ON deliveries (worker) WHERE worker IS NOT NULL;
CREATE INDEX deliveries_by_account ON deliveries (account_id, id);
CREATE INDEX deliveries_by_agent ON deliveries (agent_id, id) WHERE agent_id IS NOT NULL;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id) WHERE endpoint_id IS NOT NULL;
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE delivery_attempts (
    delivery_id BLOB NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    took_millis INTEGER NOT NULL,
    status INTEGER,
    fault TEXT,
    excerpt TEXT,
    PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;
