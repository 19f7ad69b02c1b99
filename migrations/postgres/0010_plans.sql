-- On what terms an agent works: whether its plans wait for the user's approval, and whether its runs get
-- the secrets that are kept for them.
ALTER TABLE agents ADD COLUMN plans text NOT NULL DEFAULT 'implied';
ALTER TABLE agents ADD COLUMN secrets text NOT NULL DEFAULT 'given';

-- The run whose plan this one carries out, if the user approved one.
ALTER TABLE runs ADD COLUMN approved_run_id uuid;
