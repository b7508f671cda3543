use flow::State;
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use utoipa::ToSchema;

use super::claims::Environment;
use super::outcome::{ResultName, result_name};
use super::progress::Progress;
use crate::cursor;
use crate::store::{Error, Store};

/// How many sessions a page holds at most.
pub const LONGEST_PAGE: u32 = 200;

/// A session, as lists show it: the last run that has an outcome counts. Nothing a customer wrote is in it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its id: a UUID.
    pub session_id: String,
    /// Whether it counts.
    pub environment: Environment,
    /// How far the customer has come.
    pub state: Progress,
    /// The customer's id in billing.
    pub customer_id: String,
    /// The merchant's own id of the customer.
    pub user_id: Option<String>,
    /// The subscription's id in billing.
    pub subscription_id: Option<String>,
    /// What the customer decided: `cancel_confirmed`, `offer_accepted` or `kept`; `abandoned` where the flow was closed.
    pub result: Option<ResultName>,
    /// `saved`, `canceled` or `aborted`.
    pub outcome: Option<String>,
    /// What became of it in billing: `applied`, `requested` or `pending`.
    pub effect: Option<String>,
    /// Key of the reason.
    pub reason_key: Option<String>,
    /// Id of the offer that was taken.
    pub offer_id: Option<String>,
    /// The receipt's reference.
    pub receipt: Option<String>,
    /// When the customer decided. RFC 3339, UTC.
    pub completed_at: Option<String>,
    /// When the flow was first fetched. RFC 3339, UTC.
    pub opened_at: String,
    /// When something was done last. RFC 3339, UTC.
    pub last_action_at: String,
    /// The merchant's own notes.
    pub metadata: Map<String, Value>,
}

/// Which sessions are asked for. What is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those that count, or those of somebody trying things out.
    pub environment: Environment,
    /// `saved`, `canceled` or `aborted`; empty for those without an outcome.
    pub outcome: Option<String>,
    /// The customer's id in billing, or the merchant's own.
    pub customer: Option<String>,
    /// Opened from this moment on: RFC 3339, UTC, of fixed width.
    pub since: Option<String>,
    /// Opened before this moment.
    pub until: Option<String>,
}

/// A part of a list, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The sessions.
    pub sessions: Vec<Listed>,
    /// Where the next part begins. None: there is none.
    pub next: Option<String>,
}

/// A part of a brand's sessions, behind a moment and an id.
///
/// # Errors
/// The database cannot be read, or holds something unexpected.
pub async fn list(
    store: &Store,
    brand: &str,
    filter: &Filter,
    (at, id): (&str, &str),
    limit: u32,
    now: &str,
) -> Result<Page, Error> {
    let limit = limit.clamp(1, LONGEST_PAGE);
    let rows = sqlx::query(
        "SELECT s.id, s.environment, s.customer, s.user_id, s.subscription, s.state, s.metadata, s.opened_at, \
         s.last_action_at, s.expires_at, o.outcome, o.effect, o.reason_key, o.offer_id, o.receipt_reference, o.completed_at \
         FROM sessions AS s LEFT JOIN outcomes AS o ON o.session = s.id \
         AND o.run = (SELECT max(run) FROM outcomes WHERE session = s.id) \
         WHERE s.brand = $1 AND s.environment = $2 AND (s.opened_at, s.id) < ($3, $4) AND s.erased_at IS NULL \
         AND ($5 IS NULL OR coalesce(o.outcome, '') = $5) AND ($6 IS NULL OR s.customer = $6 OR s.user_id = $6) \
         AND ($7 IS NULL OR s.opened_at >= $7) AND ($8 IS NULL OR s.opened_at < $8) \
         ORDER BY s.opened_at DESC, s.id DESC LIMIT $9",
    )
    .bind(brand)
    .bind(filter.environment.name())
    .bind(at)
    .bind(id)
    .bind(&filter.outcome)
    .bind(&filter.customer)
    .bind(&filter.since)
    .bind(&filter.until)
    .bind(limit + 1)
    .fetch_all(store.read())
    .await?;
    let mut sessions = rows.iter().map(|row| Listed::read(row, now)).collect::<Result<Vec<_>, _>>()?;
    let more = sessions.len() > limit as usize;
    sessions.truncate(limit as usize);
    let next = sessions.last().filter(|_| more).map(|last| cursor::after(&last.opened_at, &last.session_id));
    Ok(Page { sessions, next })
}

impl Listed {
    fn read(row: &SqliteRow, now: &str) -> Result<Self, Error> {
        let unexpected = |what: &str| Error::Malformed(format!("{what} of a session"));
        let state: Value =
            serde_json::from_str(row.try_get("state")?).map_err(|_| unexpected("the state"))?;
        let state = State::read(&&state).map_err(|_| unexpected("the state"))?;
        let outcome: Option<String> = row.try_get("outcome")?;
        let offer_id: Option<String> = row.try_get("offer_id")?;
        let decided = outcome.as_deref().is_some_and(|outcome| outcome != "aborted");
        let metadata: Option<&str> = row.try_get("metadata")?;
        let environment =
            Environment::named(row.try_get("environment")?).ok_or_else(|| unexpected("the environment"))?;
        Ok(Self {
            session_id: row.try_get("id")?,
            environment,
            state: Progress::of(&state, decided, row.try_get::<&str, _>("expires_at")? <= now),
            customer_id: row.try_get("customer")?,
            user_id: row.try_get("user_id")?,
            subscription_id: row.try_get("subscription")?,
            result: outcome.as_deref().map(|outcome| result_name(outcome, offer_id.is_some())),
            outcome,
            effect: row.try_get("effect")?,
            reason_key: row.try_get("reason_key")?,
            offer_id,
            receipt: row.try_get("receipt_reference")?,
            completed_at: row.try_get("completed_at")?,
            opened_at: row.try_get("opened_at")?,
            last_action_at: row.try_get("last_action_at")?,
            metadata: metadata
                .map(serde_json::from_str)
                .transpose()
                .map_err(|_| unexpected("the metadata"))?
                .unwrap_or_default(),
        })
    }
}
