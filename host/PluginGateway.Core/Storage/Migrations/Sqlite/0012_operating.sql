CREATE TABLE report_term (
    term INTEGER NOT NULL,
    report_id INTEGER NOT NULL,
    PRIMARY KEY (term, report_id)
) WITHOUT ROWID;

CREATE TABLE report_term_due (
    report_id INTEGER PRIMARY KEY
);

CREATE TABLE template (
    name TEXT NOT NULL PRIMARY KEY,
    content BLOB,
    previous BLOB,
    draft BLOB,
    by_whom TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE bulk_job (
    id INTEGER PRIMARY KEY,
    action TEXT NOT NULL,
    argument TEXT NOT NULL,
    councils TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    created INTEGER NOT NULL,
    total INTEGER NOT NULL,
    done INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    ended INTEGER NOT NULL
);
CREATE INDEX bulk_job_open ON bulk_job (id) WHERE ended = 0;

CREATE TABLE bulk_item (
    job_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    delivery_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
) WITHOUT ROWID;
