use std::collections::HashMap;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Filter, Rows, SessionRow};
use crate::clock;
use crate::session::{Environment, Stored};
use crate::store::{Error, Store};

/// How many sessions are read at once. One can have 30 runs with 4 kB of what the customer wrote in each, and whoever stops reading in
/// the midst of an export holds as many of them.
const PAGE: i64 = 50;

/// Reads a row for each run of each session, in the order the sessions were opened.
///
/// Each page is read by itself: no transaction is held open, and sessions that are opened meanwhile come too.
#[derive(Debug)]
pub struct SessionRows {
    store: Store,
    filter: Filter,
    after: (String, String),
    ended: bool,
}

impl SessionRows {
    /// The rows of a database.
    #[must_use]
    pub fn new(store: Store, filter: Filter) -> Self {
        let since = filter.since.map(clock::text).unwrap_or_default();
        // No id is empty, so sessions of that very moment come after it.
        Self { store, filter, after: (since, String::new()), ended: false }
    }

    async fn of_session(
        &self,
        session: &Stored,
        last_action_at: &str,
        rows: &mut Vec<SessionRow>,
    ) -> Result<(), Error> {
        let with_text = self.filter.with_text;
        if session.state.runs.is_empty() {
            rows.push(SessionRow::unopened(session, last_action_at, with_text));
            return Ok(());
        }
        let outcomes = sqlx::query("SELECT run, completed_at, settled_at FROM outcomes WHERE session = $1")
            .bind(&session.id)
            .fetch_all(self.store.read())
            .await?;
        let outcomes = by_run(&outcomes)?;
        let begun: Vec<(u32, String)> =
            sqlx::query_as("SELECT run, MIN(at) FROM actions WHERE session = $1 GROUP BY run")
                .bind(&session.id)
                .fetch_all(self.store.read())
                .await?;
        let begun: HashMap<u32, String> = begun.into_iter().collect();
        for (number, run) in (1..).zip(&session.state.runs) {
            let (begun, outcome) = (begun.get(&number).cloned(), outcomes.get(&number).copied());
            rows.push(SessionRow::of_run(session, last_action_at, (number, run), begun, outcome, with_text)?);
        }
        Ok(())
    }
}

impl Rows for SessionRows {
    type Row = SessionRow;

    async fn next_page(&mut self) -> Result<Option<Vec<SessionRow>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let until = self.filter.until.map(clock::text);
        let found = sqlx::query(
            "SELECT * FROM sessions WHERE (opened_at, id) > ($1, $2) AND ($3 IS NULL OR opened_at < $3) \
             AND ($4 IS NULL OR brand = $4) AND ($5 IS NULL OR environment = $5) AND erased_at IS NULL \
             ORDER BY opened_at, id LIMIT $6",
        )
        .bind(&self.after.0)
        .bind(&self.after.1)
        .bind(until)
        .bind(&self.filter.brand)
        .bind(self.filter.environment.map(Environment::name))
        .bind(PAGE)
        .fetch_all(self.store.read())
        .await?;
        self.ended = found.len() < PAGE as usize;
        let mut rows = Vec::with_capacity(found.len());
        for row in &found {
            let session = Stored::read(row)?;
            self.after = (session.opened_at.clone(), session.id.clone());
            self.of_session(&session, row.try_get("last_action_at")?, &mut rows).await?;
        }
        Ok((!rows.is_empty()).then_some(rows))
    }
}

fn by_run(rows: &[SqliteRow]) -> Result<HashMap<u32, &SqliteRow>, Error> {
    rows.iter().map(|row| Ok((row.try_get("run")?, row))).collect()
}
