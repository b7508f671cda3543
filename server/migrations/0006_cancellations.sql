-- Links to the hosted flow that a merchant's backend asked for. The id is that of the session they lead to, which is stored when
-- the link is first followed.
CREATE TABLE cancel_links (
    id         TEXT NOT NULL PRIMARY KEY,
    handle     TEXT NOT NULL UNIQUE,
    brand      TEXT NOT NULL,
    -- What the session is opened with.
    claims     TEXT NOT NULL,
    -- The merchant's own figures about the customer: plan, mrr, tenureDays.
    context    TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
);

-- A merchant may name customers by their own ids.
CREATE INDEX ledger_customers_user ON ledger_customers (brand, user_id);

-- Whether what the customer asks for is handed to the merchant, whatever billing the brand has.
ALTER TABLE sessions ADD COLUMN hands_over INTEGER NOT NULL DEFAULT 0 CHECK (hands_over IN (0, 1));

-- The ledger of reasons and outcomes: what merchants have told, and what came of the flow's runs.
CREATE TABLE cancellations (
    id           INTEGER NOT NULL PRIMARY KEY,
    brand        TEXT    NOT NULL,
    -- The merchant's own name for it, or the id of the run's event.
    event_id     TEXT    NOT NULL,
    environment  TEXT    NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    source       TEXT    NOT NULL CHECK (source IN ('api', 'flow')),
    session      TEXT             REFERENCES sessions (id),
    run          INTEGER,
    user_id      TEXT    NOT NULL,
    reason_key   TEXT,
    reason_text  TEXT,
    -- None: pending.
    outcome      TEXT             CHECK (outcome IN ('churned', 'recovered')),
    -- Whether the merchant has set the outcome since. The flow then leaves it alone.
    settled      INTEGER NOT NULL CHECK (settled IN (0, 1)),
    -- type, accepted and label, as JSON.
    offer        TEXT,
    context      TEXT    NOT NULL,
    metadata     TEXT    NOT NULL,
    occurred_at  TEXT    NOT NULL,
    effective_at TEXT,
    created_at   TEXT    NOT NULL,
    updated_at   TEXT    NOT NULL,
    UNIQUE (brand, event_id),
    UNIQUE (session, run)
);
CREATE INDEX cancellations_list ON cancellations (brand, environment, id);

-- Every outcome that a merchant has set, in the order of id; the last one counts.
CREATE TABLE cancellation_outcomes (
    id           INTEGER NOT NULL PRIMARY KEY,
    cancellation INTEGER NOT NULL REFERENCES cancellations (id),
    outcome      TEXT    NOT NULL CHECK (outcome IN ('churned', 'recovered')),
    effective_at TEXT,
    metadata     TEXT    NOT NULL,
    at           TEXT    NOT NULL
);
CREATE INDEX cancellation_outcomes_of ON cancellation_outcomes (cancellation);
