-- In the order in which periods end.
CREATE INDEX cancel_links_created ON cancel_links (created_at, id);
CREATE INDEX cancellations_updated ON cancellations (updated_at, CAST(id AS TEXT));
CREATE INDEX cancellations_key ON cancellations (CAST(id AS TEXT));
CREATE INDEX webhook_events_age ON webhook_events (told_at, id);
