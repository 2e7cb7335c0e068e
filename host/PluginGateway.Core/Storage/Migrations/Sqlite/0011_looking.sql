CREATE TABLE acknowledgement (
    report_id INTEGER PRIMARY KEY,
    until INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE delivery_hour (
    lane_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (lane_id, hour, bucket)
) WITHOUT ROWID;

CREATE INDEX delivery_failing ON delivery (lane_id) WHERE state IN (3, 4);
CREATE INDEX delivery_gated ON delivery (lane_id) WHERE gate > 0 AND state < 5 AND state <> 1 AND state <> 2;
CREATE INDEX delivery_cancelled ON delivery (lane_id) WHERE state = 7;
CREATE INDEX client_update_report ON client_update (report_id);
