-- What is known of each attempt of a run; those from before this table have no row.
CREATE TABLE attempts (
    run_id BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    -- How its commands are confined: full, full-noproc, weak, none.
    isolation TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;
