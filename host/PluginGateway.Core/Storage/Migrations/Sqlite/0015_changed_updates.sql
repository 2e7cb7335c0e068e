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

-- Updates with the id of an earlier one but another content: the key of that id, and the key of their own.
CREATE TABLE update_variant (
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    origin_key BLOB NOT NULL,
    update_key BLOB NOT NULL,
    PRIMARY KEY (council, backend, origin_key, update_key)
) WITHOUT ROWID;
