CREATE TABLE dbo.plugin_loading (
    adapter nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sha256 nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    node nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (adapter, sha256, node)
);
