-- Times are unix milliseconds in UTC; flags and states are integers; ids that must be byte-exact are compared as bytes (see IdKey).

CREATE TABLE node (
    id TEXT NOT NULL PRIMARY KEY,
    heartbeat INTEGER NOT NULL,
    version TEXT NOT NULL
);

CREATE TABLE client (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    profile INTEGER NOT NULL,
    created INTEGER NOT NULL
);

CREATE TABLE api_key (
    id INTEGER PRIMARY KEY,
    client_id INTEGER NOT NULL REFERENCES client (id),
    hash BLOB NOT NULL UNIQUE,
    councils TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    last_used INTEGER NOT NULL
);

-- Ids of reports are made by the program (see OwnIds), so that revision n of a report has the id of the report plus n - 1.
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    client_id INTEGER NOT NULL,
    service_code TEXT NOT NULL,
    owner TEXT NOT NULL,
    own_id TEXT NOT NULL,
    public_id TEXT,
    revision INTEGER NOT NULL,
    facts BLOB,
    received INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    status TEXT NOT NULL,
    status_notes TEXT,
    private INTEGER NOT NULL,
    lat REAL,
    long REAL,
    done INTEGER,
    scrub_at INTEGER
);
CREATE INDEX report_received ON report (council, received);

CREATE TABLE report_revision (
    id INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    own_id TEXT NOT NULL,
    public_id TEXT,
    token TEXT,
    notice TEXT,
    service_id INTEGER NOT NULL,
    payload BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    source TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    received INTEGER NOT NULL
);

-- A service as it was when reports were accepted.
CREATE TABLE service_version (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    content BLOB NOT NULL
);

-- Ids that are not the gateway's own. backend is '' for ids that clients know. kind: 2 told to a client, 3 the back end's, 4 a token.
CREATE TABLE report_alias (
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    id_key BLOB NOT NULL,
    id TEXT NOT NULL,
    report_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    PRIMARY KEY (council, backend, id_key)
) WITHOUT ROWID;

-- kind: 1 report, 2 update.
CREATE TABLE idempotency (
    council TEXT NOT NULL,
    client_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    ref_key BLOB NOT NULL,
    subject_id INTEGER NOT NULL,
    answered_at INTEGER NOT NULL,
    repeats INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (council, client_id, kind, ref_key)
) WITHOUT ROWID;

CREATE TABLE lane (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    UNIQUE (council, backend)
);

-- service is '' for the whole council.
CREATE TABLE route (
    council TEXT NOT NULL,
    service TEXT NOT NULL,
    backend TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (council, service)
) WITHOUT ROWID;

-- kind: 1 report, 2 copy, 3 update, 4 follow-up, 5 push.
-- state: 0 pending, 1 sending, 2 sent, 3 retrying, 4 unknown, 5 held, 6 failed, 7 cancelled.
-- gate: 0 open, 1 paused, 2 waits for the delivery after_id: an earlier revision, the report of an update, the follow-up before.
-- A delivery of kind 1 has the id of the revision it was made for; the others have ids of their own.
-- doubt: an earlier try may have created something. absent: the back end was asked since, and did not have it.
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    subject_id INTEGER NOT NULL,
    dest_key TEXT NOT NULL,
    lane_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    gate INTEGER NOT NULL,
    after_id INTEGER NOT NULL,
    due INTEGER NOT NULL,
    created INTEGER NOT NULL,
    first_tried INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    doubt INTEGER NOT NULL,
    absent INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    lease_token TEXT NOT NULL,
    cause TEXT NOT NULL,
    backend_id TEXT,
    notes BLOB
);
CREATE UNIQUE INDEX delivery_once ON delivery (report_id, revision, kind, subject_id, dest_key) WHERE kind <> 1;
CREATE INDEX delivery_due ON delivery (lane_id, due) WHERE state IN (0, 3, 4) AND gate = 0;
CREATE INDEX delivery_waiting ON delivery (report_id) WHERE gate = 2;
CREATE INDEX delivery_after ON delivery (after_id) WHERE after_id > 0;
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE state = 1;

CREATE TABLE attempt (
    delivery_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    started INTEGER NOT NULL,
    committing INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    cause TEXT NOT NULL,
    detail TEXT NOT NULL,
    node TEXT NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, number)
) WITHOUT ROWID;

CREATE TABLE client_update (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    client_id INTEGER NOT NULL,
    report_id INTEGER NOT NULL,
    backend TEXT NOT NULL,
    backend_id TEXT NOT NULL,
    update_id TEXT NOT NULL,
    status TEXT NOT NULL,
    payload BLOB NOT NULL,
    received INTEGER NOT NULL
);

CREATE TABLE follow_up (
    id INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL,
    after_id INTEGER NOT NULL,
    not_before INTEGER NOT NULL
);

CREATE TABLE council_update (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    update_id TEXT NOT NULL,
    report_id INTEGER NOT NULL,
    public_id TEXT NOT NULL,
    happened INTEGER NOT NULL,
    learned INTEGER NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (council, backend, update_id)
);
CREATE INDEX council_update_learned ON council_update (council, learned);

-- role: 0 served, 1 candidate.
CREATE TABLE catalogue (
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    role INTEGER NOT NULL,
    fetched INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (council, backend, role)
) WITHOUT ROWID;

CREATE TABLE changeset (
    council TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL,
    changed INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE attachment (
    id INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    length INTEGER NOT NULL,
    received INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX attachment_orphan ON attachment (received) WHERE report_id = 0;

CREATE TABLE adapter_state (
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (council, backend, name)
) WITHOUT ROWID;

CREATE TABLE data_key (
    id TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL
);
