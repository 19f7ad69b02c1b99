-- Which keys have sealed values here: a server that lacks one is refused at its start.
CREATE TABLE sealing_keys (
    key_id bytea NOT NULL PRIMARY KEY,
    -- A known text, sealed: only the right key opens it.
    proof bytea NOT NULL,
    created_at bigint NOT NULL
);
