-- What somebody has declared on a public page, without a login: that a contract is to end, or that they withdraw from it.
-- What was typed is never changed; what becomes of it is.
CREATE TABLE declarations (
    id              TEXT    NOT NULL PRIMARY KEY,
    reference       TEXT    NOT NULL UNIQUE,
    brand           TEXT    NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('cancel', 'withdraw')),
    name            TEXT    NOT NULL,
    contract        TEXT    NOT NULL,
    extraordinary   INTEGER NOT NULL CHECK (extraordinary IN (0, 1)),
    cause           TEXT,
    -- A day, 2026-12-31. None: as early as possible.
    wished_end      TEXT,
    email           TEXT    NOT NULL,
    locale          TEXT    NOT NULL,
    received_at     TEXT    NOT NULL,
    -- SHA-256 of what stands in the addresses of the receipt's and of the confirmation's page.
    receipt_hash    BLOB    NOT NULL UNIQUE,
    confirm_hash    BLOB    NOT NULL UNIQUE,
    confirm_until   TEXT    NOT NULL,
    -- received: not looked up yet. open: a person has to see to it. matched: waits to be confirmed. confirmed: is being carried
    -- out. done and dismissed: nothing is left to do.
    status          TEXT    NOT NULL CHECK (status IN ('received', 'open', 'matched', 'confirmed', 'done', 'dismissed')),
    -- Why a person has to see to it.
    why             TEXT,
    customer        TEXT,
    subscription    TEXT,
    -- When the period that is paid for ends, as it was when the subscription was found.
    period_end      TEXT,
    confirmed_at    TEXT,
    confirmed_by    TEXT             CHECK (confirmed_by IN ('email', 'merchant')),
    -- The session in which it is carried out: a new one for each confirmation.
    session         TEXT    UNIQUE,
    next_attempt_at TEXT    NOT NULL,
    effect          TEXT             CHECK (effect IN ('applied', 'requested', 'by_hand')),
    effective_at    TEXT,
    settled_at      TEXT,
    alarm_at        TEXT    NOT NULL,
    alarmed_at      TEXT
);
CREATE INDEX declarations_due ON declarations (status, next_attempt_at);
CREATE INDEX declarations_brand ON declarations (brand, received_at);
