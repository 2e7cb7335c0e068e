-- What is known of each version of a plug-in. state: 0 free, 1 on trial at a node, 2 has served, 3 quarantined.
CREATE TABLE plugin_version (
    adapter TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    version TEXT NOT NULL,
    path TEXT NOT NULL,
    state INTEGER NOT NULL,
    node TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (adapter, sha256)
) WITHOUT ROWID;

-- What each running process has of plug-ins now; line is a generation's number, or the path of what has none.
CREATE TABLE plugin_generation (
    node TEXT NOT NULL,
    line TEXT NOT NULL,
    path TEXT NOT NULL,
    adapter TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    generation INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (node, line)
) WITHOUT ROWID;
