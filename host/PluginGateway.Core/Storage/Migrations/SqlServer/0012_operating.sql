CREATE TABLE dbo.report_term (
    term bigint NOT NULL,
    report_id bigint NOT NULL,
    PRIMARY KEY (term, report_id)
);

CREATE TABLE dbo.report_term_due (
    report_id bigint NOT NULL PRIMARY KEY
);

CREATE TABLE dbo.template (
    name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    content varbinary(max) NULL,
    previous varbinary(max) NULL,
    draft varbinary(max) NULL,
    by_whom nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    at bigint NOT NULL
);

CREATE TABLE dbo.bulk_job (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    action nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    argument nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    councils nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    by_whom nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    why nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    created bigint NOT NULL,
    total bigint NOT NULL,
    done bigint NOT NULL,
    refused bigint NOT NULL,
    ended bigint NOT NULL
);
CREATE INDEX bulk_job_open ON dbo.bulk_job (id) WHERE ended = 0;

CREATE TABLE dbo.bulk_item (
    job_id bigint NOT NULL,
    number bigint NOT NULL,
    delivery_id bigint NOT NULL,
    state bigint NOT NULL,
    text nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (job_id, number)
);
