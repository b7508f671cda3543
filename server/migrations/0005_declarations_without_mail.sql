-- Whether the receipt was mailed. It is not where its mailbox had got too many of them.
ALTER TABLE declarations ADD COLUMN mailed INTEGER NOT NULL DEFAULT 1 CHECK (mailed IN (0, 1));
