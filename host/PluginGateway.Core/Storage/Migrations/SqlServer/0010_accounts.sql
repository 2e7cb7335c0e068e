CREATE TABLE dbo.account (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
    password nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    role bigint NOT NULL,
    councils nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    disabled bigint NOT NULL,
    created bigint NOT NULL,
    signed_in bigint NOT NULL
);

CREATE TABLE dbo.account_session (
    token_key varbinary(64) NOT NULL PRIMARY KEY,
    account_id bigint NOT NULL,
    created bigint NOT NULL,
    seen bigint NOT NULL
);
CREATE INDEX account_session_account ON dbo.account_session (account_id);
CREATE INDEX account_session_created ON dbo.account_session (created);

CREATE TABLE dbo.sign_in_failure (
    name_key varbinary(64) NOT NULL PRIMARY KEY,
    failures bigint NOT NULL,
    last bigint NOT NULL,
    until bigint NOT NULL
);
CREATE INDEX sign_in_failure_last ON dbo.sign_in_failure (last);

CREATE TABLE dbo.set_up_link (
    token_key varbinary(64) NOT NULL PRIMARY KEY,
    expires bigint NOT NULL
);

CREATE INDEX audit_at ON dbo.audit (at);
CREATE INDEX audit_council ON dbo.audit (council, at);
