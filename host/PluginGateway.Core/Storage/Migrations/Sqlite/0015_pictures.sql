-- Pictures that councils send in their updates instead of links. "received" is before "content", so that it can be read without reading the
-- content.
CREATE TABLE update_picture (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    type TEXT NOT NULL,
    received INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (council, sha256)
);
CREATE INDEX update_picture_received ON update_picture (received);
