ALTER TABLE dbo.lane ADD last_attempt bigint NOT NULL DEFAULT 0;
ALTER TABLE dbo.lane ADD last_outcome bigint NOT NULL DEFAULT 0;
ALTER TABLE dbo.lane ADD last_cause nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT N'';

-- Both are NULL for attempts of earlier versions.
ALTER TABLE dbo.attempt ADD lane_id bigint NULL;
ALTER TABLE dbo.attempt ADD revision bigint NULL;
