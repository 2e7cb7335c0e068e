-- The content of attachments of more than one chunk (256 KB). Their column "content" is empty, and reports refer to them by negative ids.
CREATE TABLE attachment_chunk (
    attachment_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (attachment_id, number)
);
