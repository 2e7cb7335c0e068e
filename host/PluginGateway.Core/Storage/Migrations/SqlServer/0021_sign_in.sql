ALTER TABLE dbo.sign_in_failure ADD account_id bigint NOT NULL DEFAULT 0;
