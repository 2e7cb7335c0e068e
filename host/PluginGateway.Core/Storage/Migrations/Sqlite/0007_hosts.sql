-- What a host has loaded, as it published it with its heartbeat: hosts that differ give different answers.
ALTER TABLE node ADD councils_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE node ADD plugins_hash TEXT NOT NULL DEFAULT '';

-- What one host does for all, and for how long it has said so.
CREATE TABLE duty (
    name TEXT NOT NULL PRIMARY KEY,
    node TEXT NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;
