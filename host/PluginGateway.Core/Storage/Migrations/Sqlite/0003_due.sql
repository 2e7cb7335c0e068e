-- Pending, retrying, unknown. Written without IN: SQLite would build its list anew for every row that is written.
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (lane_id, due) WHERE state < 5 AND state <> 1 AND state <> 2 AND gate = 0;
