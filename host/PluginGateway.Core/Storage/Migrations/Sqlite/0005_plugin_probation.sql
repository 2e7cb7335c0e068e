-- Which processes have a version on probation: one that is gone before its end may have died of it. plugin_version keeps what is known of the
-- version itself: 0 free, 2 has served, 3 quarantined.
CREATE TABLE plugin_probation (
    adapter TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    node TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (adapter, sha256, node)
) WITHOUT ROWID;

INSERT INTO plugin_probation (adapter, sha256, node, since) SELECT adapter, sha256, node, at FROM plugin_version WHERE state = 1;
UPDATE plugin_version SET state = 0 WHERE state = 1;
ALTER TABLE plugin_version DROP COLUMN node;
