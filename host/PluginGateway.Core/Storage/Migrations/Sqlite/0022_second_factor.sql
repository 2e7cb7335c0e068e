-- The secret of an account's second factor, encrypted. "totp_step" is the time step of the latest code, so that each is
-- valid once, and 0 without a second factor.
ALTER TABLE account ADD COLUMN totp BLOB NOT NULL DEFAULT x'';
ALTER TABLE account ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
-- Whether the account signs in through the identity provider and has no password.
ALTER TABLE account ADD COLUMN is_external INTEGER NOT NULL DEFAULT 0;

CREATE TABLE recovery_code (
    account_id INTEGER NOT NULL,
    code_key BLOB NOT NULL,
    PRIMARY KEY (account_id, code_key)
) WITHOUT ROWID;

CREATE TABLE external_subject (
    subject_key BLOB NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL
) WITHOUT ROWID;
