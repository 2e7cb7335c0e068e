-- What councils tell about reports. update_key and case_key are the ids as IdKey writes them; case_key is empty for news of the gateway's own,
-- which have report_id and public_id. The time that clients read is served: when it happened for what was there at the first look, when it
-- was learned for everything later. late: newer news of the same case was known before.
CREATE TABLE council_news (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    update_key BLOB NOT NULL,
    case_key BLOB NOT NULL,
    report_id INTEGER NOT NULL,
    public_id TEXT NOT NULL,
    status TEXT NOT NULL,
    happened INTEGER NOT NULL,
    learned INTEGER NOT NULL,
    served INTEGER NOT NULL,
    late INTEGER NOT NULL,
    document_id INTEGER NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (council, backend, update_key)
);
INSERT INTO council_news (id, council, backend, update_key, case_key, report_id, public_id, status, happened, learned, served, late, document_id, payload)
SELECT id, council, backend, CAST(update_id AS BLOB), x'', report_id, public_id, 'unchanged', happened, learned, learned, 0, 0, payload FROM council_update;
DROP TABLE council_update;
ALTER TABLE council_news RENAME TO council_update;
CREATE INDEX council_update_served ON council_update (council, served);
CREATE INDEX council_update_case ON council_update (council, backend, case_key, served, happened);

-- state: 0 arriving, 1 to be read, 2 read, 3 cannot be read.
-- source: the name without the numbers that change from day to day. baseline: it was the first of its source.
-- tries: readings that failed. begun: readings since the last that ended in any way.
CREATE TABLE document (
    id INTEGER PRIMARY KEY,
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    length INTEGER NOT NULL,
    received INTEGER NOT NULL,
    state INTEGER NOT NULL,
    baseline INTEGER NOT NULL,
    again INTEGER NOT NULL,
    due INTEGER NOT NULL,
    claimed INTEGER NOT NULL,
    claimed_by TEXT NOT NULL,
    tries INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    good INTEGER NOT NULL,
    fresh INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    cause TEXT NOT NULL
);
CREATE INDEX document_content ON document (council, backend, sha256);
CREATE INDEX document_unreadable ON document (received) WHERE state = 3;
CREATE INDEX document_waiting ON document (council, backend, id) WHERE state = 1;

CREATE TABLE document_chunk (
    document_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (document_id, number)
);

CREATE TABLE document_problem (
    document_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    row INTEGER NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (document_id, number)
) WITHOUT ROWID;

-- Sources whose first document was read to its end; '' is the back end itself, and when it was first looked at.
CREATE TABLE document_source (
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    source TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (council, backend, source)
) WITHOUT ROWID;

-- Where collecting from a back end goes on, and what kept it from doing so. collected: the end of the last window that was read; 0 before the first.
CREATE TABLE collection (
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    value TEXT,
    collected INTEGER NOT NULL,
    due INTEGER NOT NULL,
    failing_since INTEGER NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (council, backend)
) WITHOUT ROWID;

-- When each client asked last for the news of a council: one that was away longer than the window it asks for is told what it missed.
-- gap_from: the end of its last window before it was away; gap_at: when it came back. client_id is 0 for those without a key.
CREATE TABLE update_ask (
    council TEXT NOT NULL,
    client_id INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    gap_from INTEGER NOT NULL,
    gap_at INTEGER NOT NULL,
    PRIMARY KEY (council, client_id)
) WITHOUT ROWID;
