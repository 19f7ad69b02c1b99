-- What became of the pull request that an agent shows, whichever agent works on it now.
CREATE INDEX forge_pull_requests_by_url ON forge_pull_requests (url);

-- The run that ended last: what an agent shows that is at rest, however many runs it has.
CREATE INDEX runs_ended ON runs (agent_id, ended_at, number) WHERE ended_at IS NOT NULL;
