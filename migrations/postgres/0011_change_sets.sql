-- What a run's pushes to a repository come to, against the commit that its agent's work started from.
CREATE TABLE change_sets (
    run_id uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    base_commit text NOT NULL,
    head_commit text NOT NULL,
    subject text NOT NULL,
    -- Absent if it cannot be shown: too large, or no text.
    patch text,
    PRIMARY KEY (run_id, number)
);
