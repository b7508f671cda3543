-- What is told to merchants' backends: once for each event, with the body that is posted and signed. The id is the `webhook-id`.
CREATE TABLE webhook_events (
    id          TEXT    NOT NULL PRIMARY KEY,
    brand       TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    -- What it is about: the id of a session or of a cancellation. Events of one subject are delivered in the order of position.
    subject     TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    told_at     TEXT    NOT NULL,
    UNIQUE (brand, subject, position)
);
CREATE INDEX webhook_events_told ON webhook_events (brand, told_at);

-- The same, for each endpoint it goes to, kept until the endpoint has taken it. created_at is when it was last put in line.
CREATE TABLE webhooks (
    id              TEXT    NOT NULL PRIMARY KEY,
    event           TEXT    NOT NULL REFERENCES webhook_events (id),
    url             TEXT    NOT NULL,
    brand           TEXT    NOT NULL,
    environment     TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    position        INTEGER NOT NULL,
    told_at         TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'sent', 'failed')),
    attempts        INTEGER NOT NULL,
    next_attempt_at TEXT    NOT NULL,
    last_error      TEXT,
    created_at      TEXT    NOT NULL,
    sent_at         TEXT,
    UNIQUE (event, url)
);
CREATE INDEX webhooks_due ON webhooks (brand, environment, url, status, next_attempt_at);
CREATE INDEX webhooks_subject ON webhooks (brand, environment, url, subject, status, position);
CREATE INDEX webhooks_told ON webhooks (brand, told_at, id);

-- Who is told what, as farewell.toml said when the server was started. Whoever writes an event reads it in the same transaction.
CREATE TABLE webhook_subscriptions (
    brand       TEXT NOT NULL,
    environment TEXT NOT NULL,
    url         TEXT NOT NULL,
    kind        TEXT NOT NULL,
    PRIMARY KEY (brand, environment, url, kind)
);
