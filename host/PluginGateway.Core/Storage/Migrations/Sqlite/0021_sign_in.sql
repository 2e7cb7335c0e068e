-- The account whose failed attempts a row counts.
ALTER TABLE sign_in_failure ADD COLUMN account_id INTEGER NOT NULL DEFAULT 0;
