CREATE TABLE dbo.update_picture (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sha256 varbinary(64) NOT NULL,
    type nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    received bigint NOT NULL,
    content varbinary(max) NOT NULL,
    UNIQUE (council, sha256)
);
CREATE INDEX update_picture_received ON dbo.update_picture (received);

CREATE TABLE dbo.update_variant (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    origin_key varbinary(80) NOT NULL,
    update_key varbinary(80) NOT NULL,
    PRIMARY KEY (council, backend, origin_key, update_key)
);
