-- The document of what a customer did, as it was issued at the press: `body` is what `jws` signs, byte for byte.
CREATE TABLE receipts (
    reference TEXT    NOT NULL PRIMARY KEY,
    session   TEXT    NOT NULL REFERENCES sessions (id),
    run       INTEGER NOT NULL,
    issued_at TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    jws       TEXT    NOT NULL
);
CREATE INDEX receipts_session ON receipts (session, run);

CREATE TRIGGER receipts_are_never_changed BEFORE UPDATE ON receipts
BEGIN
    SELECT RAISE(ABORT, 'a receipt is never changed');
END;

CREATE TRIGGER receipts_are_never_deleted BEFORE DELETE ON receipts
BEGIN
    SELECT RAISE(ABORT, 'a receipt is never deleted');
END;

-- `INSERT OR REPLACE` deletes without asking the trigger above.
CREATE TRIGGER receipts_are_never_replaced BEFORE INSERT ON receipts
WHEN EXISTS (SELECT 1 FROM receipts WHERE reference = NEW.reference)
BEGIN
    SELECT RAISE(ABORT, 'a receipt is never replaced');
END;

-- Mails to customers, kept until the mail server has taken them. The id is in the Message-ID.
CREATE TABLE mails (
    id              TEXT    NOT NULL PRIMARY KEY,
    brand           TEXT    NOT NULL,
    -- Reference of the receipt it is about.
    receipt         TEXT,
    recipient       TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    text            TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'sent', 'failed')),
    attempts        INTEGER NOT NULL,
    next_attempt_at TEXT    NOT NULL,
    last_error      TEXT,
    created_at      TEXT    NOT NULL,
    sent_at         TEXT
);
CREATE INDEX mails_receipt ON mails (receipt);
CREATE INDEX mails_due ON mails (status, next_attempt_at);

-- Receipts for a merchant to send, kept until the merchant's backend has taken them. `body` is posted as it is.
CREATE TABLE handovers (
    id              TEXT    NOT NULL PRIMARY KEY,
    brand           TEXT    NOT NULL,
    -- Reference of the receipt it is about.
    receipt         TEXT,
    body            TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'sent', 'failed')),
    attempts        INTEGER NOT NULL,
    next_attempt_at TEXT    NOT NULL,
    last_error      TEXT,
    created_at      TEXT    NOT NULL,
    sent_at         TEXT
);
CREATE INDEX handovers_receipt ON handovers (receipt);
CREATE INDEX handovers_due ON handovers (status, next_attempt_at);
