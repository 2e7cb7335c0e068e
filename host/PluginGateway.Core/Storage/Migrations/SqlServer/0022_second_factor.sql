ALTER TABLE dbo.account ADD totp varbinary(400) NOT NULL DEFAULT 0x;
ALTER TABLE dbo.account ADD totp_step bigint NOT NULL DEFAULT 0;
ALTER TABLE dbo.account ADD is_external bigint NOT NULL DEFAULT 0;

CREATE TABLE dbo.recovery_code (
    account_id bigint NOT NULL,
    code_key varbinary(64) NOT NULL,
    PRIMARY KEY (account_id, code_key)
);

CREATE TABLE dbo.external_subject (
    subject_key varbinary(64) NOT NULL PRIMARY KEY,
    account_id bigint NOT NULL
);
