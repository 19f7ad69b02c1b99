-- What each run's answers used, added up from its events as they are written.
CREATE TABLE run_usage (
    run_id BLOB NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
