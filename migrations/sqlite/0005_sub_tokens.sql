-- Whom a key belongs to: a user, a service, or, for an hour, a user by the word of a service.
ALTER TABLE api_keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'user';
ALTER TABLE api_keys ADD COLUMN minted_by BLOB REFERENCES api_keys (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
CREATE INDEX api_keys_by_account ON api_keys (account_id);
CREATE INDEX api_keys_by_minter ON api_keys (minted_by) WHERE minted_by IS NOT NULL;
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at) WHERE expires_at IS NOT NULL;

-- Accounts by a number, for interfaces whose users have numbers.
CREATE TABLE user_numbers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BLOB NOT NULL UNIQUE REFERENCES accounts (id) ON DELETE CASCADE
) STRICT;
INSERT INTO user_numbers (account_id) SELECT id FROM accounts ORDER BY created_at, id;
