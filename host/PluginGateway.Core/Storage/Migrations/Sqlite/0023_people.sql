-- Which reports (kind 1) and client updates (kind 2) contain an e-mail address or telephone number. "term" is the beginning of its hash.
CREATE TABLE person_term (
    term INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    subject_id INTEGER NOT NULL,
    PRIMARY KEY (term, kind, subject_id)
) WITHOUT ROWID;
CREATE INDEX person_term_subject ON person_term (kind, subject_id);
