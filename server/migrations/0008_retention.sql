-- A receipt may go once no law asks for it any more: not before three years are over, whatever the configuration says.
DROP TRIGGER receipts_are_never_deleted;
CREATE TRIGGER receipts_are_kept_for_three_years BEFORE DELETE ON receipts
WHEN OLD.issued_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-3 years')
BEGIN
    SELECT RAISE(ABORT, 'a receipt is never deleted within three years');
END;

-- When what the customer typed into the survey was taken out of the state and of the actions.
ALTER TABLE sessions ADD COLUMN texts_erased_at TEXT;

-- In the order in which periods end.
CREATE INDEX sessions_last_action ON sessions (last_action_at, id);
CREATE INDEX receipts_issued ON receipts (issued_at, reference);
CREATE INDEX mails_created ON mails (created_at, id);
CREATE INDEX handovers_created ON handovers (created_at, id);
CREATE INDEX declarations_received ON declarations (received_at, id);
