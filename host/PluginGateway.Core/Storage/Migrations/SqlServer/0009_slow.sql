ALTER TABLE dbo.lane ADD slow_until bigint NOT NULL DEFAULT 0;
