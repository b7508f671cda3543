-- A brand's sessions, newest first.
CREATE INDEX sessions_of_brand ON sessions (brand, environment, opened_at, id);
