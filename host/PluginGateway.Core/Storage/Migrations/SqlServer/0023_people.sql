CREATE TABLE dbo.person_term (
    term bigint NOT NULL,
    kind bigint NOT NULL,
    subject_id bigint NOT NULL,
    PRIMARY KEY (term, kind, subject_id)
);
CREATE INDEX person_term_subject ON dbo.person_term (kind, subject_id);
