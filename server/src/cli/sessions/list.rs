use flow::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::Standing;
use crate::clock;
use crate::session::Environment;
use crate::store::{Error, Store};

/// How many sessions are read at once.
const PAGE: i64 = 200;

/// Which sessions are listed.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) brand: Option<String>,
    pub(super) environment: Option<Environment>,
    pub(super) customer: Option<String>,
    pub(super) state: Option<Standing>,
    pub(super) since: Option<Timestamp>,
}

/// A session in a line.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    id: String,
    brand: String,
    environment: String,
    customer: String,
    subscription: Option<String>,
    opened_at: String,
    last_action_at: String,
    state: &'static str,
    runs: usize,
    outcome: Option<&'static str>,
    effect: Option<&'static str>,
    receipt: Option<String>,
}

impl Listed {
    pub(super) fn line(&self) -> String {
        let Self { id, opened_at, brand, customer, state, .. } = self;
        let sandbox = if self.environment == "prod" { "" } else { " (sandbox)" };
        let mut line = format!("{id}  {opened_at}  {brand}{sandbox}  {customer}  {state}");
        for part in [self.outcome, self.effect, self.receipt.as_deref()].into_iter().flatten() {
            line.push_str("  ");
            line.push_str(part);
        }
        super::super::plain(&line)
    }

    fn read(row: &SqliteRow, now: &str) -> Result<Self, Error> {
        let id: String = row.try_get("id")?;
        let state: Value = serde_json::from_str(row.try_get("state")?)
            .map_err(|error| Error::Malformed(format!("the state of session {id}: {error}")))?;
        let state = State::read(&&state)
            .map_err(|error| Error::Malformed(format!("the state of session {id}: {error:?}")))?;
        let last = state.runs.last();
        let receipt = last.and_then(|run| run.receipt.as_ref());
        Ok(Self {
            brand: row.try_get("brand")?,
            environment: row.try_get("environment")?,
            customer: row.try_get("customer")?,
            subscription: row.try_get("subscription")?,
            opened_at: row.try_get("opened_at")?,
            last_action_at: row.try_get("last_action_at")?,
            state: Standing::of(&state, row.try_get("expires_at")?, now).name(),
            runs: state.runs.len(),
            outcome: last.and_then(|run| run.outcome).map(flow::Outcome::name),
            effect: last.and_then(|run| run.effect).map(flow::Effect::name),
            receipt: receipt.map(|receipt| receipt.reference.clone()),
            id,
        })
    }
}

/// The latest sessions that are wanted.
pub(super) async fn list(
    store: &Store,
    wanted: &Wanted,
    limit: usize,
    now: &str,
) -> Result<Vec<Listed>, Error> {
    let mut listed = Vec::new();
    // After every moment there is.
    let mut before = ("9".repeat(24), String::new());
    while listed.len() < limit {
        let page = sqlx::query(
            "SELECT id, brand, environment, customer, subscription, state, opened_at, last_action_at, expires_at \
             FROM sessions WHERE (opened_at, id) < ($1, $2) AND ($3 IS NULL OR opened_at >= $3) \
             AND ($4 IS NULL OR brand = $4) AND ($5 IS NULL OR environment = $5) \
             AND ($6 IS NULL OR customer = $6) AND erased_at IS NULL ORDER BY opened_at DESC, id DESC LIMIT $7",
        )
        .bind(&before.0)
        .bind(&before.1)
        .bind(wanted.since.map(clock::text))
        .bind(&wanted.brand)
        .bind(wanted.environment.map(Environment::name))
        .bind(&wanted.customer)
        .bind(PAGE)
        .fetch_all(store.read())
        .await?;
        let Some(last) = page.last() else { break };
        before = (last.try_get("opened_at")?, last.try_get("id")?);
        for row in &page {
            let session = Listed::read(row, now)?;
            if listed.len() < limit && wanted.state.is_none_or(|state| state.name() == session.state) {
                listed.push(session);
            }
        }
    }
    Ok(listed)
}
