-- Events that Stripe has told of, so that one that is told again changes nothing.
CREATE TABLE stripe_events (
    id          TEXT NOT NULL,
    brand       TEXT NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    received_at TEXT NOT NULL,
    PRIMARY KEY (id, brand, environment)
);
CREATE INDEX stripe_events_age ON stripe_events (received_at, id);

-- Customers at Stripe, to find them by an address in other letters than Stripe has it in. Stripe is asked before one is believed.
CREATE TABLE stripe_customers (
    id          TEXT    NOT NULL,
    brand       TEXT    NOT NULL,
    environment TEXT    NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    email       TEXT,
    name        TEXT,
    -- ISO 3166-1.
    country     TEXT,
    -- Whether Stripe has told of a change, and is to be asked.
    stale       INTEGER NOT NULL CHECK (stale IN (0, 1)),
    added_at    TEXT    NOT NULL,
    -- When Stripe last told of the customer.
    updated_at  TEXT    NOT NULL,
    PRIMARY KEY (id, brand, environment)
);
CREATE INDEX stripe_customers_email ON stripe_customers (brand, environment, lower(email));
CREATE INDEX stripe_customers_stale ON stripe_customers (brand, environment, stale);
CREATE INDEX stripe_customers_age ON stripe_customers (updated_at, id);

-- An import of customers that is not finished.
CREATE TABLE stripe_imports (
    brand       TEXT    NOT NULL,
    environment TEXT    NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    started_at  TEXT    NOT NULL,
    -- The last customer that was taken over. Stripe lists the newest first.
    after       TEXT    NOT NULL,
    customers   INTEGER NOT NULL,
    PRIMARY KEY (brand, environment)
);
