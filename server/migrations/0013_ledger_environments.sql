-- Whoever tries things out changes copies: of a customer of the ledger, with all their subscriptions and discounts, made when
-- the first change is. A table's constraints cannot be changed, so both tables are made anew, with the numbers rows had.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE before_customers AS SELECT * FROM ledger_customers;
CREATE TABLE before_subscriptions AS SELECT * FROM ledger_subscriptions;
DROP TABLE ledger_subscriptions;
DROP TABLE ledger_customers;

CREATE TABLE ledger_customers (
    id          INTEGER NOT NULL PRIMARY KEY,
    brand       TEXT    NOT NULL,
    environment TEXT    NOT NULL DEFAULT 'prod' CHECK (environment IN ('prod', 'sandbox')),
    external_id TEXT    NOT NULL,
    user_id     TEXT,
    email       TEXT,
    name        TEXT,
    country     TEXT,
    region      TEXT,
    UNIQUE (brand, external_id, environment)
);
CREATE INDEX ledger_customers_email ON ledger_customers (brand, lower(email));
CREATE INDEX ledger_customers_user ON ledger_customers (brand, user_id);
INSERT INTO ledger_customers (id, brand, external_id, user_id, email, name, country, region)
    SELECT id, brand, external_id, user_id, email, name, country, region FROM before_customers;

CREATE TABLE ledger_subscriptions (
    id                   INTEGER NOT NULL PRIMARY KEY,
    brand                TEXT    NOT NULL,
    -- That of the customer.
    environment          TEXT    NOT NULL DEFAULT 'prod' CHECK (environment IN ('prod', 'sandbox')),
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
    -- A pause: what is paid for ends at paused_from, and the next payment is at paused_until.
    paused_from          TEXT,
    paused_until         TEXT,
    -- Until then nothing is paid.
    trial_ends_at        TEXT,
    -- Another plan, from the payment at next_plan_from on.
    next_plan_id         INTEGER REFERENCES ledger_plans (id),
    next_plan_from       TEXT,
    UNIQUE (brand, external_id, environment)
);
CREATE INDEX ledger_subscriptions_customer ON ledger_subscriptions (customer_id);
INSERT INTO ledger_subscriptions (id, brand, external_id, customer_id, plan_id, status, current_period_start,
        current_period_end, anchor_day, cancel_at, canceled_at, created_at, paused_from, paused_until, trial_ends_at,
        next_plan_id, next_plan_from)
    SELECT id, brand, external_id, customer_id, plan_id, status, current_period_start, current_period_end, anchor_day,
        cancel_at, canceled_at, created_at, paused_from, paused_until, trial_ends_at, next_plan_id, next_plan_from
    FROM before_subscriptions;

DROP TABLE before_subscriptions;
DROP TABLE before_customers;
