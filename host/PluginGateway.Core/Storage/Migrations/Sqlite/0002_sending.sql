-- backend and service are '' for all. kind: 1 an operator's pause, 2 the back end's settings are wrong.
-- While it is not ended nothing in its scope is sent, but what it lets through: allowed at once, and per_minute since rate_from, less used.
CREATE TABLE closure (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    service TEXT NOT NULL,
    kind INTEGER NOT NULL,
    reason TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    settings TEXT NOT NULL,
    allowed INTEGER NOT NULL,
    per_minute INTEGER NOT NULL,
    rate_from INTEGER NOT NULL,
    used INTEGER NOT NULL,
    ended INTEGER NOT NULL
);
CREATE UNIQUE INDEX closure_open ON closure (council, backend, service, kind) WHERE ended = 0;

-- breaker: 0 closed, 1 open: nothing is sent until next_probe, and then one delivery.
ALTER TABLE lane ADD breaker INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lane ADD breaker_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lane ADD breaker_probes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lane ADD breaker_cause TEXT NOT NULL DEFAULT '';
ALTER TABLE lane ADD next_probe INTEGER NOT NULL DEFAULT 0;

CREATE INDEX delivery_paused ON delivery (lane_id, due) WHERE gate = 1;
CREATE INDEX delivery_stuck ON delivery (lane_id) WHERE state IN (5, 6);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    council TEXT NOT NULL,
    object TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    why TEXT NOT NULL
);
CREATE INDEX audit_object ON audit (council, object, at);

-- Something is wrong with a lane, told once when it begins and once when it is over.
CREATE TABLE incident (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    cause TEXT NOT NULL,
    text TEXT NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    count INTEGER NOT NULL,
    told_open INTEGER NOT NULL,
    told_over INTEGER NOT NULL
);
CREATE INDEX incident_untold ON incident (id) WHERE told_open = 0 OR told_over = 0;
CREATE UNIQUE INDEX incident_open ON incident (council, backend, cause) WHERE closed = 0;
