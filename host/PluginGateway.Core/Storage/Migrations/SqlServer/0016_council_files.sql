CREATE TABLE dbo.council_file (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    name nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    aliases varbinary(max) NOT NULL,
    file_name nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sha256 nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    stored bigint NOT NULL,
    content varbinary(max) NOT NULL
);
