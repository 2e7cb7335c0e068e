CREATE TABLE dbo.acknowledgement (
    report_id bigint NOT NULL PRIMARY KEY,
    until bigint NOT NULL,
    by_whom nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    at bigint NOT NULL,
    reason nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL
);

CREATE TABLE dbo.delivery_hour (
    lane_id bigint NOT NULL,
    hour bigint NOT NULL,
    bucket bigint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (lane_id, hour, bucket)
);

CREATE INDEX delivery_failing ON dbo.delivery (lane_id) WHERE state IN (3, 4);
CREATE INDEX delivery_gated ON dbo.delivery (lane_id) WHERE gate > 0 AND state < 5 AND state <> 1 AND state <> 2;
CREATE INDEX delivery_cancelled ON dbo.delivery (lane_id) WHERE state = 7;
CREATE INDEX client_update_report ON dbo.client_update (report_id);
