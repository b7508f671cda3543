-- Customers are looked for by the merchant's own id of them: in lists, and to be erased.
CREATE INDEX cancellations_user ON cancellations (brand, user_id);
CREATE INDEX sessions_user ON sessions (brand, user_id);

-- A list of further hashes, as JSON: SHA-256, in hexadecimal, of the brand's slug, two zero bytes and the merchant's own id of the
-- customer, for each that was known.
ALTER TABLE erasures ADD COLUMN user_hashes TEXT NOT NULL DEFAULT '[]';
