CREATE TABLE dbo.retention_mark (
    name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    value bigint NOT NULL
);
