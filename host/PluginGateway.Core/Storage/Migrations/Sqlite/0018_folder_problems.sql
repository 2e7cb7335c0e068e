-- Back ends whose folder, or a file in it, cannot be read, and since when.
CREATE TABLE folder_problem (
    council TEXT NOT NULL,
    backend TEXT NOT NULL,
    since INTEGER NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (council, backend)
) WITHOUT ROWID;

-- What an operator decided about a document that looks entirely new: 0 nothing yet, 1 news, 2 known.
ALTER TABLE document ADD COLUMN decision INTEGER NOT NULL DEFAULT 0;

-- The end of the latest window that the client asked for, by the client's clock.
ALTER TABLE client_poll ADD COLUMN served_until INTEGER NOT NULL DEFAULT 0;
