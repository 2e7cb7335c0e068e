-- Pictures that councils send in their updates instead of links. "used" is before "content", so that it is read without the content.
CREATE TABLE update_picture (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    type TEXT NOT NULL,
    used INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (council, sha256)
);
CREATE INDEX update_picture_used ON update_picture (used);
