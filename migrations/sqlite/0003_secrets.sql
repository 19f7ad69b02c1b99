-- Which keys have sealed values here: a server that lacks one is refused at its start.
CREATE TABLE sealing_keys (
    key_id BLOB NOT NULL PRIMARY KEY,
    -- A known text, sealed: only the right key opens it.
    proof BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
