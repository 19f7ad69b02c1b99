-- Through which interface an agent was made: decides what its webhooks look like.
ALTER TABLE agents ADD COLUMN dialect text NOT NULL DEFAULT 'cursor_v0';

CREATE TABLE webhook_endpoints (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    url text NOT NULL,
    -- Sealed.
    secret bytea NOT NULL,
    -- Words with commas between; empty for all.
    endings text NOT NULL,
    created_at bigint NOT NULL,
    stopped_at bigint
);
CREATE INDEX webhook_endpoints_by_account ON webhook_endpoints (account_id, id);

-- Agents whose own receiver said that it is gone for good.
CREATE TABLE webhook_stops (
    agent_id uuid NOT NULL PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
    stopped_at bigint NOT NULL
);

CREATE TABLE deliveries (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Both or neither.
    agent_id uuid REFERENCES agents (id) ON DELETE CASCADE,
    run_id uuid,
    endpoint_id uuid REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    -- Deliveries of one lane go out one after the other, in the order of their numbers.
    lane bytea NOT NULL,
    number bigint NOT NULL,
    -- Host and port of the receiver.
    place text NOT NULL,
    event text NOT NULL,
    body bytea NOT NULL,
    state text NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    -- Failures since it was last to be sent from the start.
    failures bigint NOT NULL DEFAULT 0,
    -- Raised by each claim: the fencing token.
    claims bigint NOT NULL DEFAULT 0,
    worker text,
    -- Only the first open delivery of a lane is ever due; while it is claimed, the end of the lease.
    due_at bigint,
    created_at bigint NOT NULL,
    ended_at bigint
);
CREATE INDEX deliveries_due ON deliveries (place, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_open ON deliveries (lane, number) WHERE ended_at IS NULL;
CREATE INDEX deliveries_claimed ON deliveries (worker) WHERE worker IS NOT NULL;
CREATE INDEX deliveries_by_account ON deliveries (account_id, id);
CREATE INDEX deliveries_by_agent ON deliveries (agent_id, id) WHERE agent_id IS NOT NULL;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id) WHERE endpoint_id IS NOT NULL;
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE delivery_attempts (
    delivery_id uuid NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    at bigint NOT NULL,
    took_millis bigint NOT NULL,
    status bigint,
    fault text,
    excerpt text,
    PRIMARY KEY (delivery_id, number)
);
