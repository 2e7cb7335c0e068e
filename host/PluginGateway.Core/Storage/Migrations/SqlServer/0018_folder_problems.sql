CREATE TABLE dbo.folder_problem (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    since bigint NOT NULL,
    cause nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (council, backend)
);

ALTER TABLE dbo.document ADD decision bigint NOT NULL DEFAULT 0;

ALTER TABLE dbo.client_poll ADD served_until bigint NOT NULL DEFAULT 0;
