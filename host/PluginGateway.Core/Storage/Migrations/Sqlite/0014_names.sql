-- Renames tables and columns for version 0.2. Earlier versions cannot use the database after this.
ALTER TABLE duty RENAME TO leader_lock;
ALTER TABLE closure RENAME TO suspension;
ALTER TABLE update_ask RENAME TO client_poll;
ALTER TABLE retention_mark RENAME TO job_checkpoint;

DROP INDEX closure_open;
CREATE UNIQUE INDEX suspension_open ON suspension (council, backend, service, kind) WHERE ended = 0;

DROP INDEX delivery_gated;
ALTER TABLE delivery RENAME COLUMN gate TO hold;
ALTER TABLE delivery RENAME COLUMN tries TO attempts;
ALTER TABLE delivery RENAME COLUMN doubt TO may_have_been_delivered;
CREATE INDEX delivery_on_hold ON delivery (lane_id) WHERE hold > 0 AND state < 5 AND state <> 1 AND state <> 2;

ALTER TABLE incident RENAME COLUMN told_open TO notified_open;
ALTER TABLE incident RENAME COLUMN told_over TO notified_closed;

ALTER TABLE council_update RENAME COLUMN happened TO occurred;
ALTER TABLE council_update RENAME COLUMN learned TO received;

ALTER TABLE document RENAME COLUMN good TO valid;
ALTER TABLE document RENAME COLUMN fresh TO added;
ALTER TABLE document RENAME COLUMN bad TO invalid;
ALTER TABLE document RENAME COLUMN tries TO attempts;
ALTER TABLE document RENAME COLUMN begun TO reads_started;

ALTER TABLE client_poll RENAME COLUMN asked TO polled;

ALTER TABLE audit RENAME COLUMN object TO subject;
