-- What each run's answers used, added up from its events as they are written.
CREATE TABLE run_usage (
    run_id uuid NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    input bigint NOT NULL,
    output bigint NOT NULL,
    cache_read bigint NOT NULL,
    cache_write bigint NOT NULL
);
