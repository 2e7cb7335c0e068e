-- The versions of plug-ins that a process is loading for the first time: one that is gone may have died of it.
CREATE TABLE plugin_loading (
    adapter TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (adapter, sha256, node)
) WITHOUT ROWID;
