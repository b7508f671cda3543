-- What the merchant calls the customer, as Pelcro said last: a name that is another customer's number at Pelcro is of two.
ALTER TABLE pelcro_tokens ADD COLUMN user_id TEXT;
CREATE INDEX pelcro_tokens_user ON pelcro_tokens (brand, environment, user_id) WHERE user_id IS NOT NULL;
