CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    role INTEGER NOT NULL,
    councils TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created INTEGER NOT NULL,
    signed_in INTEGER NOT NULL
);

CREATE TABLE account_session (
    token_key BLOB NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_session_account ON account_session (account_id);
CREATE INDEX account_session_created ON account_session (created);

CREATE TABLE sign_in_failure (
    name_key BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last INTEGER NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sign_in_failure_last ON sign_in_failure (last);

CREATE TABLE set_up_link (
    token_key BLOB NOT NULL PRIMARY KEY,
    expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_council ON audit (council, at);
