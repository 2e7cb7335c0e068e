-- The last valid version of each council file, encrypted. "content" is empty if the council was live although no version has been valid yet.
CREATE TABLE council_file (
    council TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    aliases BLOB NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    stored INTEGER NOT NULL,
    content BLOB NOT NULL
);
