-- What a run's pushes to a repository come to, against the commit that its agent's work started from.
CREATE TABLE change_sets (
    run_id BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    base_commit TEXT NOT NULL,
    head_commit TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- Absent if it cannot be shown: too large, or no text.
    patch TEXT,
    PRIMARY KEY (run_id, number)
) STRICT;
