-- How far a nightly clearing has come where what was cleared stays in its place: news of councils, by council.
CREATE TABLE retention_mark (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
