-- What taking an offer makes billing do, for each offer of a session and each of its choices. The browser never sees it.
ALTER TABLE sessions ADD COLUMN deals TEXT NOT NULL DEFAULT '{}';

-- Every offer that was put to a customer, and what became of it.
CREATE TABLE offers_made (
    session      TEXT    NOT NULL REFERENCES sessions (id),
    run          INTEGER NOT NULL,
    offer        TEXT    NOT NULL,
    claim_id     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    brand        TEXT    NOT NULL,
    environment  TEXT    NOT NULL,
    customer     TEXT    NOT NULL,
    subscription TEXT,
    response     TEXT    NOT NULL CHECK (response IN ('shown', 'accepted', 'declined', 'refused')),
    choice       TEXT,
    -- What the customer agreed to: the words on the screen and on the button, as JSON. Set when the offer was accepted.
    consent      TEXT,
    shown_at     TEXT    NOT NULL,
    answered_at  TEXT,
    PRIMARY KEY (session, run, offer)
);
CREATE INDEX offers_made_customer ON offers_made (brand, environment, customer, offer);

-- Which choice of the offer was taken.
ALTER TABLE outcomes ADD COLUMN offer_choice TEXT;

-- A pause: what is paid for ends at paused_from, and the next payment is at paused_until.
ALTER TABLE ledger_subscriptions ADD COLUMN paused_from TEXT;
ALTER TABLE ledger_subscriptions ADD COLUMN paused_until TEXT;
-- Until then nothing is paid.
ALTER TABLE ledger_subscriptions ADD COLUMN trial_ends_at TEXT;
-- Another plan, from the payment at next_plan_from on.
ALTER TABLE ledger_subscriptions ADD COLUMN next_plan_id INTEGER REFERENCES ledger_plans (id);
ALTER TABLE ledger_subscriptions ADD COLUMN next_plan_from TEXT;
