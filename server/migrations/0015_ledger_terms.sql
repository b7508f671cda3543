-- What the ledger knows beyond plans and subscriptions: terms that are scheduled, invoices, coupons, segments, addresses, payment
-- methods and campaigns.

-- Groups of customers. A plan or a coupon that has segments is for their customers alone.
CREATE TABLE ledger_segments (
    id    INTEGER NOT NULL PRIMARY KEY,
    brand TEXT    NOT NULL,
    key   TEXT    NOT NULL,
    name  TEXT    NOT NULL,
    UNIQUE (brand, key)
);
CREATE TABLE ledger_plan_segments (
    plan_id    INTEGER NOT NULL REFERENCES ledger_plans (id),
    segment_id INTEGER NOT NULL REFERENCES ledger_segments (id),
    PRIMARY KEY (plan_id, segment_id)
);
-- By the customer's external id, so that the sandbox's copy of a customer has the same.
CREATE TABLE ledger_customer_segments (
    brand      TEXT    NOT NULL,
    customer   TEXT    NOT NULL,
    segment_id INTEGER NOT NULL REFERENCES ledger_segments (id),
    PRIMARY KEY (brand, customer, segment_id)
);

CREATE TABLE ledger_coupons (
    id              INTEGER NOT NULL PRIMARY KEY,
    brand           TEXT    NOT NULL,
    -- Letters and digits, in capitals: customers type it in any case.
    code            TEXT    NOT NULL,
    percent_off     INTEGER CHECK (percent_off BETWEEN 1 AND 100),
    amount_off      INTEGER CHECK (amount_off > 0),
    currency        TEXT,
    duration        TEXT    NOT NULL CHECK (duration IN ('once', 'repeating', 'forever')),
    months          INTEGER CHECK (months > 0),
    -- Until when it can be used.
    redeem_by       TEXT,
    max_redemptions INTEGER CHECK (max_redemptions > 0),
    UNIQUE (brand, code),
    CHECK ((percent_off IS NULL) = (amount_off IS NOT NULL)),
    CHECK ((amount_off IS NULL) = (currency IS NULL)),
    CHECK ((duration = 'repeating') = (months IS NOT NULL))
);
CREATE TABLE ledger_coupon_plans (
    coupon_id INTEGER NOT NULL REFERENCES ledger_coupons (id),
    plan_id   INTEGER NOT NULL REFERENCES ledger_plans (id),
    PRIMARY KEY (coupon_id, plan_id)
);
CREATE TABLE ledger_coupon_segments (
    coupon_id  INTEGER NOT NULL REFERENCES ledger_coupons (id),
    segment_id INTEGER NOT NULL REFERENCES ledger_segments (id),
    PRIMARY KEY (coupon_id, segment_id)
);

CREATE TABLE ledger_campaigns (
    id          INTEGER NOT NULL PRIMARY KEY,
    brand       TEXT    NOT NULL,
    environment TEXT    NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    key         TEXT    NOT NULL,
    created_at  TEXT    NOT NULL,
    UNIQUE (brand, environment, key)
);

CREATE TABLE ledger_addresses (
    id          INTEGER NOT NULL PRIMARY KEY,
    brand       TEXT    NOT NULL,
    customer    TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    name        TEXT,
    line1       TEXT,
    line2       TEXT,
    city        TEXT,
    region      TEXT,
    postal_code TEXT,
    country     TEXT    NOT NULL,
    UNIQUE (brand, customer, external_id)
);

-- What customers pay with. Nobody is charged by the ledger: it notes what a gateway calls it.
CREATE TABLE ledger_payment_methods (
    id           INTEGER NOT NULL PRIMARY KEY,
    brand        TEXT    NOT NULL,
    -- One of prod is the sandbox's too.
    environment  TEXT    NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    customer     TEXT    NOT NULL,
    gateway      TEXT    NOT NULL,
    token        TEXT    NOT NULL,
    -- What may be shown: `Visa`, `4242`, `2031-07`.
    name         TEXT,
    ends_in      TEXT,
    expires      TEXT,
    created_at   TEXT    NOT NULL,
    UNIQUE (brand, environment, customer, gateway, token)
);

-- Whether it goes on by itself when a term ends.
ALTER TABLE ledger_plans ADD COLUMN auto_renew INTEGER NOT NULL DEFAULT 1;
-- Whether it is delivered to an address; the countries it is delivered to, parted by spaces, or everywhere.
ALTER TABLE ledger_plans ADD COLUMN needs_address INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger_plans ADD COLUMN countries TEXT;

ALTER TABLE ledger_subscriptions ADD COLUMN quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0);
-- Somebody else whose it is to renew it: an agency, the donor of a gift, Apple.
ALTER TABLE ledger_subscriptions ADD COLUMN managed_by TEXT CHECK (managed_by IN ('agency', 'gift_donor', 'apple'));
ALTER TABLE ledger_subscriptions ADD COLUMN payment_pending INTEGER NOT NULL DEFAULT 0;
-- The day payments fell on before a pause: that of one which does not begin after all.
ALTER TABLE ledger_subscriptions ADD COLUMN anchor_before_pause INTEGER;
-- What was charged up to then is in ledger_invoices. What was charged since follows from the row.
ALTER TABLE ledger_subscriptions ADD COLUMN booked_until TEXT;

-- What is scheduled: from starts_at on another plan, until ends_at or for good.
CREATE TABLE ledger_phases (
    id                INTEGER NOT NULL PRIMARY KEY,
    subscription_id   INTEGER NOT NULL REFERENCES ledger_subscriptions (id),
    plan_id           INTEGER NOT NULL REFERENCES ledger_plans (id),
    quantity          INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
    starts_at         TEXT    NOT NULL,
    ends_at           TEXT,
    anchor_day        INTEGER NOT NULL CHECK (anchor_day BETWEEN 1 AND 31),
    campaign_id       INTEGER REFERENCES ledger_campaigns (id),
    address_id        INTEGER REFERENCES ledger_addresses (id),
    payment_method_id INTEGER REFERENCES ledger_payment_methods (id),
    origin            TEXT,
    language          TEXT,
    created_at        TEXT    NOT NULL,
    operation         TEXT    NOT NULL,
    UNIQUE (subscription_id, starts_at)
);
INSERT INTO ledger_phases (subscription_id, plan_id, starts_at, anchor_day, created_at, operation)
    SELECT id, next_plan_id, next_plan_from, anchor_day, next_plan_from, 'migrated:' || id FROM ledger_subscriptions
    WHERE next_plan_id IS NOT NULL AND next_plan_from IS NOT NULL;
ALTER TABLE ledger_subscriptions DROP COLUMN next_plan_id;
ALTER TABLE ledger_subscriptions DROP COLUMN next_plan_from;

-- A discount that came from a coupon, and the scheduled term it began with.
ALTER TABLE ledger_discounts ADD COLUMN coupon_id INTEGER REFERENCES ledger_coupons (id);
ALTER TABLE ledger_discounts ADD COLUMN phase_id INTEGER REFERENCES ledger_phases (id);
CREATE INDEX ledger_discounts_coupon ON ledger_discounts (coupon_id);

CREATE TABLE ledger_invoices (
    id              INTEGER NOT NULL PRIMARY KEY,
    subscription_id INTEGER NOT NULL REFERENCES ledger_subscriptions (id),
    number          TEXT    NOT NULL UNIQUE,
    at              TEXT    NOT NULL,
    plan            TEXT    NOT NULL,
    -- What was charged, in minor units; and what was taken off it, for time that was paid for already.
    total           INTEGER NOT NULL CHECK (total >= 0),
    credit          INTEGER NOT NULL DEFAULT 0 CHECK (credit >= 0),
    currency        TEXT    NOT NULL,
    period_end      TEXT    NOT NULL
);
CREATE INDEX ledger_invoices_subscription ON ledger_invoices (subscription_id, at);

-- What is executed has more kinds now. A table's constraints cannot be changed, so it is made anew.
CREATE TABLE before_operations AS SELECT * FROM ledger_operations;
DROP TABLE ledger_operations;
CREATE TABLE ledger_operations (
    id              INTEGER NOT NULL PRIMARY KEY,
    key             TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL
        CHECK (kind IN ('accept', 'cancel', 'undo', 'import', 'resume', 'switch', 'renew')),
    subscription_id INTEGER NOT NULL REFERENCES ledger_subscriptions (id),
    at              TEXT    NOT NULL
);
CREATE INDEX ledger_operations_subscription ON ledger_operations (subscription_id);
INSERT INTO ledger_operations SELECT id, key, kind, subscription_id, at FROM before_operations;
DROP TABLE before_operations;
