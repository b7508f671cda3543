-- Sessions are listed and exported by the moment they were opened.
CREATE INDEX sessions_opened ON sessions (opened_at, id);

-- When what was known of the session's customer was erased. The row stays where a receipt needs it, with nothing in it.
ALTER TABLE sessions ADD COLUMN erased_at TEXT;

-- What was erased, so that it can be erased again from a backup of before. Nobody is named.
CREATE TABLE erasures (
    id            TEXT NOT NULL PRIMARY KEY,
    erased_at     TEXT NOT NULL,
    brand         TEXT NOT NULL,
    -- SHA-256, in hexadecimal, of the brand's slug, a zero byte and the customer's id in billing.
    customer_hash TEXT NOT NULL,
    -- How many rows of each kind, as JSON.
    counts        TEXT NOT NULL
);
CREATE INDEX erasures_customer ON erasures (brand, customer_hash);
