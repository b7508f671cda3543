use super::event::{Cancellation, LedgerOutcome, Source};
use crate::session::Environment;
use crate::store::{Error, Store};

/// How many events a page holds at most.
pub const LONGEST_PAGE: u32 = 500;

/// Which events are asked for. What is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those that count, or those of somebody trying things out.
    pub environment: Environment,
    /// Who told of them.
    pub source: Option<Source>,
    /// Whether they have ended: with this outcome, or, where that is None, not yet.
    pub outcome: Option<Option<LedgerOutcome>>,
    /// Key of the reason.
    pub reason_key: Option<String>,
    /// The merchant's own id of the customer.
    pub user_id: Option<String>,
    /// From this moment on: RFC 3339, UTC, of fixed width.
    pub since: Option<String>,
    /// Before this moment.
    pub until: Option<String>,
}

/// A part of a list, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The events.
    pub events: Vec<Cancellation>,
    /// Where the next part begins. None: there is none.
    pub next: Option<i64>,
}

/// A part of a brand's events. `before` is where the part before said that it begins.
///
/// # Errors
/// The database cannot be read, or holds something unexpected.
pub async fn list(
    store: &Store,
    brand: &str,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Page, Error> {
    let limit = limit.clamp(1, LONGEST_PAGE);
    let (open, outcome) = match filter.outcome {
        None => (None, None),
        Some(None) => (Some(true), None),
        Some(Some(outcome)) => (Some(false), Some(outcome.name())),
    };
    let rows = sqlx::query(
        "SELECT * FROM cancellations WHERE brand = $1 AND environment = $2 AND id < $3 \
         AND ($4 IS NULL OR source = $4) AND ($5 IS NULL OR (outcome IS NULL) = $5) AND ($6 IS NULL OR outcome = $6) \
         AND ($7 IS NULL OR reason_key = $7) AND ($8 IS NULL OR user_id = $8) \
         AND ($9 IS NULL OR occurred_at >= $9) AND ($10 IS NULL OR occurred_at < $10) ORDER BY id DESC LIMIT $11",
    )
    .bind(brand)
    .bind(filter.environment.name())
    .bind(before.unwrap_or(i64::MAX))
    .bind(filter.source.map(Source::name))
    .bind(open)
    .bind(outcome)
    .bind(&filter.reason_key)
    .bind(&filter.user_id)
    .bind(&filter.since)
    .bind(&filter.until)
    .bind(limit + 1)
    .fetch_all(store.read())
    .await?;
    let mut events = rows.iter().map(Cancellation::read).collect::<Result<Vec<_>, _>>()?;
    let more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let next = events.last().filter(|_| more).map(|event| event.id);
    Ok(Page { events, next })
}
