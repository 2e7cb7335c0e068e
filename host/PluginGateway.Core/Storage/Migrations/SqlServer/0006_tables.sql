-- What SQLite's first six scripts say, for SQL Server; the comments on what columns mean stand there. From here on each database has a script
-- of its own under the same number. Texts are compared byte by byte whatever the database's collation; the ids that clients and back ends
-- make are bytes (see IdKey), which also keeps trailing blanks apart. All numbers are bigint, as in SQLite. No text is
-- nvarchar(max): the client sometimes fails to read those (ArgumentOutOfRangeException, when a packet of the answer comes in pieces).

CREATE TABLE dbo.node (
    id nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    heartbeat bigint NOT NULL,
    version nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL
);

CREATE TABLE dbo.client (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    name nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
    profile bigint NOT NULL,
    created bigint NOT NULL
);

CREATE TABLE dbo.api_key (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    client_id bigint NOT NULL REFERENCES dbo.client (id),
    hash varbinary(64) NOT NULL UNIQUE,
    councils nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    scopes nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    created bigint NOT NULL,
    expires bigint NOT NULL,
    revoked bigint NOT NULL,
    last_used bigint NOT NULL
);

CREATE TABLE dbo.report (
    id bigint NOT NULL PRIMARY KEY,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    client_id bigint NOT NULL,
    service_code nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    owner nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    own_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    public_id nvarchar(4000) COLLATE Latin1_General_100_BIN2 NULL,
    revision bigint NOT NULL,
    facts varbinary(max) NULL,
    received bigint NOT NULL,
    updated bigint NOT NULL,
    status nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    status_notes nvarchar(4000) COLLATE Latin1_General_100_BIN2 NULL,
    private bigint NOT NULL,
    lat float NULL,
    long float NULL,
    done bigint NULL,
    scrub_at bigint NULL
);
CREATE INDEX report_received ON dbo.report (council, received);

CREATE TABLE dbo.report_revision (
    id bigint NOT NULL PRIMARY KEY,
    report_id bigint NOT NULL,
    revision bigint NOT NULL,
    own_id nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    public_id nvarchar(4000) COLLATE Latin1_General_100_BIN2 NULL,
    token nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
    notice nvarchar(4000) COLLATE Latin1_General_100_BIN2 NULL,
    service_id bigint NOT NULL,
    payload varbinary(max) NOT NULL,
    fingerprint varbinary(64) NOT NULL,
    source nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    by_whom nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    received bigint NOT NULL
);

CREATE TABLE dbo.service_version (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    hash varbinary(64) NOT NULL UNIQUE,
    content varbinary(max) NOT NULL
);

CREATE TABLE dbo.report_alias (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id_key varbinary(80) NOT NULL,
    id nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    report_id bigint NOT NULL,
    revision bigint NOT NULL,
    kind bigint NOT NULL,
    PRIMARY KEY (council, backend, id_key)
);
CREATE INDEX report_alias_key ON dbo.report_alias (id_key);

CREATE TABLE dbo.idempotency (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    client_id bigint NOT NULL,
    kind bigint NOT NULL,
    ref_key varbinary(80) NOT NULL,
    subject_id bigint NOT NULL,
    answered_at bigint NOT NULL,
    repeats bigint NOT NULL,
    expires bigint NOT NULL,
    PRIMARY KEY (council, client_id, kind, ref_key)
);

CREATE TABLE dbo.lane (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(250) COLLATE Latin1_General_100_BIN2 NOT NULL,
    breaker bigint NOT NULL DEFAULT 0,
    breaker_since bigint NOT NULL DEFAULT 0,
    breaker_probes bigint NOT NULL DEFAULT 0,
    breaker_cause nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT N'',
    next_probe bigint NOT NULL DEFAULT 0,
    UNIQUE (council, backend)
);

CREATE TABLE dbo.route (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    service nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    by_whom nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    at bigint NOT NULL,
    reason nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (council, service)
);

CREATE TABLE dbo.delivery (
    id bigint NOT NULL PRIMARY KEY,
    report_id bigint NOT NULL,
    revision bigint NOT NULL,
    kind bigint NOT NULL,
    subject_id bigint NOT NULL,
    dest_key nvarchar(250) COLLATE Latin1_General_100_BIN2 NOT NULL,
    lane_id bigint NOT NULL,
    state bigint NOT NULL,
    gate bigint NOT NULL,
    after_id bigint NOT NULL,
    due bigint NOT NULL,
    created bigint NOT NULL,
    first_tried bigint NOT NULL,
    tries bigint NOT NULL,
    failures bigint NOT NULL,
    doubt bigint NOT NULL,
    absent bigint NOT NULL DEFAULT 0,
    lease_owner nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    lease_until bigint NOT NULL,
    lease_token nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    cause nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend_id nvarchar(4000) COLLATE Latin1_General_100_BIN2 NULL,
    notes varbinary(max) NULL
);
CREATE UNIQUE INDEX delivery_once ON dbo.delivery (report_id, revision, kind, subject_id, dest_key) WHERE kind <> 1;
CREATE INDEX delivery_due ON dbo.delivery (lane_id, due) WHERE state < 5 AND state <> 1 AND state <> 2 AND gate = 0;
CREATE INDEX delivery_waiting ON dbo.delivery (report_id) WHERE gate = 2;
CREATE INDEX delivery_after ON dbo.delivery (after_id) WHERE after_id > 0;
CREATE INDEX delivery_leased ON dbo.delivery (lease_until) WHERE state = 1;
CREATE INDEX delivery_paused ON dbo.delivery (lane_id, due) WHERE gate = 1;
CREATE INDEX delivery_stuck ON dbo.delivery (lane_id) WHERE state IN (5, 6);

CREATE TABLE dbo.attempt (
    delivery_id bigint NOT NULL,
    number bigint NOT NULL,
    started bigint NOT NULL,
    committing bigint NOT NULL,
    ended bigint NOT NULL,
    outcome bigint NOT NULL,
    cause nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    detail nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    node nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    generation bigint NOT NULL,
    PRIMARY KEY (delivery_id, number)
);

CREATE TABLE dbo.client_update (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    client_id bigint NOT NULL,
    report_id bigint NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend_id nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    update_id nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    status nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    payload varbinary(max) NOT NULL,
    received bigint NOT NULL
);

CREATE TABLE dbo.follow_up (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    report_id bigint NOT NULL,
    kind nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    data varbinary(max) NOT NULL,
    after_id bigint NOT NULL,
    not_before bigint NOT NULL
);

CREATE TABLE dbo.council_update (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    update_key varbinary(80) NOT NULL,
    case_key varbinary(80) NOT NULL,
    report_id bigint NOT NULL,
    public_id nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    status nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    happened bigint NOT NULL,
    learned bigint NOT NULL,
    served bigint NOT NULL,
    late bigint NOT NULL,
    document_id bigint NOT NULL,
    payload varbinary(max) NOT NULL,
    UNIQUE (council, backend, update_key)
);
CREATE INDEX council_update_served ON dbo.council_update (council, served);
CREATE INDEX council_update_case ON dbo.council_update (council, backend, case_key, served, happened);

CREATE TABLE dbo.document (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    source nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    name nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sha256 varbinary(64) NOT NULL,
    length bigint NOT NULL,
    received bigint NOT NULL,
    state bigint NOT NULL,
    baseline bigint NOT NULL,
    again bigint NOT NULL,
    due bigint NOT NULL,
    claimed bigint NOT NULL,
    claimed_by nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    tries bigint NOT NULL,
    begun bigint NOT NULL,
    read_at bigint NOT NULL,
    good bigint NOT NULL,
    fresh bigint NOT NULL,
    bad bigint NOT NULL,
    cause nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL
);
CREATE INDEX document_content ON dbo.document (council, backend, sha256);
CREATE INDEX document_unreadable ON dbo.document (received) WHERE state = 3;
CREATE INDEX document_waiting ON dbo.document (council, backend, id) WHERE state = 1;

CREATE TABLE dbo.document_chunk (
    document_id bigint NOT NULL,
    number bigint NOT NULL,
    content varbinary(max) NOT NULL,
    PRIMARY KEY (document_id, number)
);

CREATE TABLE dbo.document_problem (
    document_id bigint NOT NULL,
    number bigint NOT NULL,
    row bigint NOT NULL,
    problem nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (document_id, number)
);

CREATE TABLE dbo.document_source (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    source nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    since bigint NOT NULL,
    PRIMARY KEY (council, backend, source)
);

CREATE TABLE dbo.collection (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value nvarchar(4000) COLLATE Latin1_General_100_BIN2 NULL,
    collected bigint NOT NULL,
    due bigint NOT NULL,
    failing_since bigint NOT NULL,
    cause nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (council, backend)
);

CREATE TABLE dbo.update_ask (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    client_id bigint NOT NULL,
    asked bigint NOT NULL,
    gap_from bigint NOT NULL,
    gap_at bigint NOT NULL,
    PRIMARY KEY (council, client_id)
);

CREATE TABLE dbo.catalogue (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    role bigint NOT NULL,
    fetched bigint NOT NULL,
    seen bigint NOT NULL,
    content varbinary(max) NOT NULL,
    PRIMARY KEY (council, backend, role)
);

CREATE TABLE dbo.changeset (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    hash varbinary(64) NOT NULL,
    changed bigint NOT NULL
);

CREATE TABLE dbo.attachment (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    report_id bigint NOT NULL,
    sha256 varbinary(64) NOT NULL,
    name nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    type nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    length bigint NOT NULL,
    received bigint NOT NULL,
    content varbinary(max) NOT NULL
);
CREATE INDEX attachment_orphan ON dbo.attachment (received) WHERE report_id = 0;

CREATE TABLE dbo.adapter_state (
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value varbinary(max) NOT NULL,
    expires bigint NOT NULL,
    PRIMARY KEY (council, backend, name)
);

CREATE TABLE dbo.data_key (
    id nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
    content nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL
);

CREATE TABLE dbo.closure (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    service nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind bigint NOT NULL,
    reason nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    by_whom nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    since bigint NOT NULL,
    until bigint NOT NULL,
    settings nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    allowed bigint NOT NULL,
    per_minute bigint NOT NULL,
    rate_from bigint NOT NULL,
    used bigint NOT NULL,
    ended bigint NOT NULL
);
CREATE UNIQUE INDEX closure_open ON dbo.closure (council, backend, service, kind) WHERE ended = 0;

CREATE TABLE dbo.audit (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    at bigint NOT NULL,
    who nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    action nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    object nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    before nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    after nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    why nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL
);
CREATE INDEX audit_object ON dbo.audit (council, object, at);

CREATE TABLE dbo.incident (
    id bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    council nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    backend nvarchar(250) COLLATE Latin1_General_100_BIN2 NOT NULL,
    cause nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    text nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    opened bigint NOT NULL,
    closed bigint NOT NULL,
    count bigint NOT NULL,
    told_open bigint NOT NULL,
    told_over bigint NOT NULL
);
CREATE INDEX incident_told ON dbo.incident (told_over, told_open);
CREATE UNIQUE INDEX incident_open ON dbo.incident (council, backend, cause) WHERE closed = 0;

CREATE TABLE dbo.plugin_version (
    adapter nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sha256 nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    version nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    path nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state bigint NOT NULL,
    reason nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    by_whom nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (adapter, sha256)
);

CREATE TABLE dbo.plugin_generation (
    node nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    line nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    path nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    adapter nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    version nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sha256 nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    generation bigint NOT NULL,
    state bigint NOT NULL,
    reason nvarchar(4000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    since bigint NOT NULL
);
CREATE INDEX plugin_generation_node ON dbo.plugin_generation (node);

CREATE TABLE dbo.plugin_probation (
    adapter nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sha256 nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    node nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    since bigint NOT NULL,
    PRIMARY KEY (adapter, sha256, node)
);
