ALTER TABLE dbo.node ADD councils_hash nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT N'';
ALTER TABLE dbo.node ADD plugins_hash nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT N'';

CREATE TABLE dbo.duty (
    name nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    node nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    until bigint NOT NULL
);
