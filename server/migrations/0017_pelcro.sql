-- What Pelcro is asked with: each customer's own token, the newest there is, sealed.
CREATE TABLE pelcro_tokens (
    brand       TEXT NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    -- The customer's id at Pelcro.
    customer    TEXT NOT NULL,
    token       TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    PRIMARY KEY (brand, environment, customer)
);
CREATE INDEX pelcro_tokens_updated ON pelcro_tokens (updated_at);

-- What Pelcro was asked to do. It keeps no idempotency key.
CREATE TABLE pelcro_changes (
    -- That of the intent.
    key         TEXT NOT NULL PRIMARY KEY,
    brand       TEXT NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('prod', 'sandbox')),
    customer    TEXT NOT NULL,
    -- Whether what it asks for was not there in any form when it was sent first.
    is_new      INTEGER NOT NULL CHECK (is_new IN (0, 1)),
    -- When it was sent last.
    sent_at     TEXT NOT NULL,
    -- When Pelcro answered with a customer who has it.
    done_at     TEXT
);
CREATE INDEX pelcro_changes_sent ON pelcro_changes (sent_at);
CREATE INDEX pelcro_changes_customer ON pelcro_changes (brand, customer);
