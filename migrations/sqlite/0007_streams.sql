-- The few events that mark a run's way: its beginning, what it left, what it cost, its end.
CREATE INDEX events_marks ON events (agent_id, seq)
    WHERE kind IN ('prompt', 'pushed', 'pull_request_opened', 'spent', 'state_changed');
