-- What customers change in the hub, written before billing is asked. The id is the idempotency key: the hub's session, and a number
-- that was made when the customer was shown what the change would mean.
CREATE TABLE hub_changes (
    id              TEXT    NOT NULL PRIMARY KEY,
    brand           TEXT    NOT NULL,
    environment     TEXT    NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    session         TEXT    NOT NULL,
    customer        TEXT    NOT NULL,
    subscription    TEXT    NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('plan', 'pause', 'resume', 'renew', 'code')),
    -- What billing is to do, as JSON.
    payload         TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'applied', 'requested', 'refused')),
    attempts        INTEGER NOT NULL,
    next_attempt_at TEXT    NOT NULL,
    last_error      TEXT,
    -- Where the customer authenticates the payment that it waits for, as JSON.
    authentication  TEXT,
    created_at      TEXT    NOT NULL,
    settled_at      TEXT
);
CREATE INDEX hub_changes_due ON hub_changes (status, next_attempt_at);
CREATE INDEX hub_changes_customer ON hub_changes (brand, customer);
CREATE INDEX hub_changes_created ON hub_changes (created_at, id);
-- One change of a subscription at a time.
CREATE UNIQUE INDEX hub_changes_pending ON hub_changes (brand, environment, subscription) WHERE status = 'pending';

-- Hubs that were opened as a page: whose they are, and where in them the customer is. The handle stands in the page's address.
CREATE TABLE hub_pages (
    session     TEXT NOT NULL PRIMARY KEY,
    handle      TEXT NOT NULL UNIQUE,
    brand       TEXT NOT NULL,
    environment TEXT NOT NULL,
    customer    TEXT NOT NULL,
    -- What the session's id says, as JSON.
    claims      TEXT NOT NULL,
    -- What is shown, as JSON.
    screen      TEXT NOT NULL,
    opened_at   TEXT NOT NULL,
    expires_at  TEXT NOT NULL
);
CREATE INDEX hub_pages_customer ON hub_pages (brand, customer);
CREATE INDEX hub_pages_opened ON hub_pages (opened_at, session);
