CREATE TABLE dbo.attachment_chunk (
    attachment_id bigint NOT NULL,
    number bigint NOT NULL,
    content varbinary(max) NOT NULL,
    PRIMARY KEY (attachment_id, number)
);
