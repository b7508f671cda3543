-- Times are RFC 3339 UTC text of fixed width (2026-01-31T09:30:00.000Z), so that text order is time order.
-- Amounts are integers in minor units. JSON is text. Nothing here is peculiar to one database.

CREATE TABLE api_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    brand      TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    hint       TEXT NOT NULL,
    created_at TEXT NOT NULL,
    revoked_at TEXT
);
CREATE INDEX api_keys_brand ON api_keys (brand);

-- A session is stored when it is first fetched; from then on its document is frozen and only its state moves.
CREATE TABLE sessions (
    id             TEXT NOT NULL PRIMARY KEY,
    brand          TEXT NOT NULL,
    environment    TEXT NOT NULL,
    kind           TEXT NOT NULL,
    customer       TEXT NOT NULL,
    subscription   TEXT,
    user_id        TEXT,
    handle         TEXT NOT NULL UNIQUE,
    document       TEXT NOT NULL,
    state          TEXT NOT NULL,
    billing        TEXT NOT NULL,
    return_url     TEXT,
    metadata       TEXT,
    opened_at      TEXT NOT NULL,
    last_action_at TEXT NOT NULL,
    expires_at     TEXT NOT NULL
);
CREATE INDEX sessions_customer ON sessions (brand, customer);

-- Every action that was applied, as it was sent: the audit trail. Rows are never changed.
CREATE TABLE actions (
    session TEXT    NOT NULL REFERENCES sessions (id),
    run     INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    content TEXT    NOT NULL,
    at      TEXT    NOT NULL,
    PRIMARY KEY (session, run, seq)
);

-- What a run came to. A run that billing reopened has none until it ends again.
CREATE TABLE outcomes (
    session           TEXT    NOT NULL REFERENCES sessions (id),
    run               INTEGER NOT NULL,
    outcome           TEXT    NOT NULL CHECK (outcome IN ('saved', 'canceled', 'aborted')),
    effect            TEXT             CHECK (effect IN ('applied', 'requested', 'pending')),
    reason_key        TEXT,
    reason_code       TEXT,
    offer_id          TEXT,
    offer_kind        TEXT,
    receipt_reference TEXT    UNIQUE,
    receipt           TEXT,
    jti               TEXT    NOT NULL UNIQUE,
    completed_at      TEXT    NOT NULL,
    settled_at        TEXT,
    PRIMARY KEY (session, run)
);

-- What billing is to do, written together with the outcome that asks for it. The id is the idempotency key.
CREATE TABLE intents (
    id              TEXT    NOT NULL PRIMARY KEY,
    session         TEXT    NOT NULL REFERENCES sessions (id),
    run             INTEGER NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('accept', 'cancel', 'undo')),
    payload         TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'applied', 'requested', 'refused')),
    attempts        INTEGER NOT NULL,
    next_attempt_at TEXT    NOT NULL,
    last_error      TEXT,
    created_at      TEXT    NOT NULL,
    settled_at      TEXT
);
CREATE INDEX intents_due ON intents (status, next_attempt_at);
CREATE INDEX intents_session ON intents (session, status);

-- The built-in billing.
CREATE TABLE ledger_customers (
    id          INTEGER NOT NULL PRIMARY KEY,
    brand       TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    user_id     TEXT,
    email       TEXT,
    name        TEXT,
    country     TEXT,
    region      TEXT,
    UNIQUE (brand, external_id)
);
CREATE INDEX ledger_customers_email ON ledger_customers (brand, lower(email));

CREATE TABLE ledger_plans (
    id             INTEGER NOT NULL PRIMARY KEY,
    brand          TEXT    NOT NULL,
    external_id    TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    amount         BIGINT  NOT NULL CHECK (amount >= 0),
    currency       TEXT    NOT NULL,
    interval       TEXT    NOT NULL CHECK (interval IN ('day', 'week', 'month', 'year')),
    interval_count INTEGER NOT NULL CHECK (interval_count > 0),
    UNIQUE (brand, external_id)
);

CREATE TABLE ledger_subscriptions (
    id                   INTEGER NOT NULL PRIMARY KEY,
    brand                TEXT    NOT NULL,
    external_id          TEXT    NOT NULL,
    customer_id          INTEGER NOT NULL REFERENCES ledger_customers (id),
    plan_id              INTEGER NOT NULL REFERENCES ledger_plans (id),
    status               TEXT    NOT NULL CHECK (status IN ('active', 'canceled')),
    current_period_start TEXT    NOT NULL,
    current_period_end   TEXT    NOT NULL,
    -- The day of the month payments fall on, 1 to 31; in a shorter month they fall on its last day.
    anchor_day           INTEGER NOT NULL CHECK (anchor_day BETWEEN 1 AND 31),
    -- When the subscription ends or ended, and when that was decided.
    cancel_at            TEXT,
    canceled_at          TEXT,
    created_at           TEXT    NOT NULL,
    UNIQUE (brand, external_id)
);
CREATE INDEX ledger_subscriptions_customer ON ledger_subscriptions (customer_id);

CREATE TABLE ledger_discounts (
    id              INTEGER NOT NULL PRIMARY KEY,
    subscription_id INTEGER NOT NULL REFERENCES ledger_subscriptions (id),
    offer           TEXT    NOT NULL,
    percent_off     INTEGER,
    amount_off      BIGINT,
    currency        TEXT,
    duration        TEXT    NOT NULL CHECK (duration IN ('once', 'repeating', 'forever')),
    months          INTEGER,
    -- Payments at or after starts_at and before ends_at are lower.
    starts_at       TEXT    NOT NULL,
    ends_at         TEXT,
    created_at      TEXT    NOT NULL,
    -- Idempotency key of the operation that granted it.
    operation       TEXT    NOT NULL UNIQUE
);
CREATE INDEX ledger_discounts_subscription ON ledger_discounts (subscription_id);

-- What was executed, once for each idempotency key, in the order of id.
CREATE TABLE ledger_operations (
    id              INTEGER NOT NULL PRIMARY KEY,
    key             TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL CHECK (kind IN ('accept', 'cancel', 'undo', 'import')),
    subscription_id INTEGER NOT NULL REFERENCES ledger_subscriptions (id),
    at              TEXT    NOT NULL
);
CREATE INDEX ledger_operations_subscription ON ledger_operations (subscription_id);
