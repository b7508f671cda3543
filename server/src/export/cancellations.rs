use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Filter, Row, Rows};
use crate::cancellation::{Cancellation, LedgerOutcome, OfferMade, Source, Status};
use crate::clock;
use crate::session::Environment;
use crate::store::{Error, Store};

/// How many entries are read at once. One can have 30 kB, and whoever stops reading in the midst of an export holds as many of them.
const PAGE: i64 = 50;

/// An entry of the ledger of cancellations: a customer who wanted to leave. Times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CancellationRow {
    /// The merchant's own name for it; of a run of the flow, the `eventId` of its result.
    pub event_id: String,
    /// The brand's slug.
    pub brand: String,
    /// `prod` or `sandbox`.
    pub environment: Environment,
    /// Who told of it.
    pub source: Source,
    /// The session of the flow, where it came of one that is still there.
    pub session: Option<String>,
    /// The run of that session, counted from 1.
    pub run: Option<u32>,
    /// The merchant's own id of the customer.
    pub user_id: String,
    /// Key of the reason.
    pub reason_key: Option<String>,
    /// `churned` or `recovered`. None while that is open.
    pub outcome: Option<LedgerOutcome>,
    /// `final` once there is an outcome, `pending` until then.
    pub status: Status,
    /// What kind of offer was made.
    pub offer_type: Option<String>,
    /// Whether the customer took it.
    pub offer_accepted: Option<bool>,
    /// The offer in a line.
    pub offer_label: Option<String>,
    /// The merchant's own name of the plan.
    pub plan: Option<Value>,
    /// What the customer pays in a month, as the merchant has said it.
    pub mrr: Option<Value>,
    /// For how many days the customer has been one.
    pub tenure_days: Option<Value>,
    /// When the customer wanted to leave.
    pub occurred_at: String,
    /// When the outcome takes effect.
    pub effective_at: Option<String>,
    /// When the ledger was told.
    pub created_at: String,
    /// When the ledger was told something new last.
    pub updated_at: String,
    /// The merchant's own notes.
    pub metadata: Map<String, Value>,
    /// What the customer wrote, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_text: Option<Option<String>>,
}

impl Row for CancellationRow {
    const COLUMNS: &[&str] = &[
        "event_id",
        "brand",
        "environment",
        "source",
        "session",
        "run",
        "user_id",
        "reason_key",
        "outcome",
        "status",
        "offer_type",
        "offer_accepted",
        "offer_label",
        "plan",
        "mrr",
        "tenure_days",
        "occurred_at",
        "effective_at",
        "created_at",
        "updated_at",
        "metadata",
    ];
    const TEXT_COLUMNS: &[&str] = &["reason_text"];
}

impl CancellationRow {
    fn new(brand: String, entry: Cancellation, with_text: bool) -> Self {
        let mut context = entry.context;
        let offer = entry.offer.unwrap_or(OfferMade { kind: None, accepted: None, label: None });
        Self {
            event_id: entry.event_id,
            brand,
            environment: entry.environment,
            source: entry.source,
            session: entry.session_id,
            run: entry.run,
            user_id: entry.user_id,
            reason_key: entry.reason_key,
            outcome: entry.outcome,
            status: entry.status,
            offer_type: offer.kind,
            offer_accepted: offer.accepted,
            offer_label: offer.label,
            plan: context.remove("plan"),
            mrr: context.remove("mrr"),
            tenure_days: context.remove("tenureDays"),
            occurred_at: entry.occurred_at,
            effective_at: entry.effective_at,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
            metadata: entry.metadata,
            reason_text: with_text.then_some(entry.reason_text),
        }
    }
}

/// Reads a row for each entry, in the order in which the ledger was told of them.
///
/// Each page is read by itself: no transaction is held open, and what is told meanwhile comes too.
#[derive(Debug)]
pub struct CancellationRows {
    store: Store,
    filter: Filter,
    after: i64,
    ended: bool,
}

impl CancellationRows {
    /// The rows of a database.
    #[must_use]
    pub fn new(store: Store, filter: Filter) -> Self {
        Self { store, filter, after: 0, ended: false }
    }
}

impl Rows for CancellationRows {
    type Row = CancellationRow;

    async fn next_page(&mut self) -> Result<Option<Vec<CancellationRow>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let Filter { brand, environment, since, until, with_text } = &self.filter;
        let found = sqlx::query(
            "SELECT * FROM cancellations WHERE id > $1 AND ($2 IS NULL OR brand = $2) \
             AND ($3 IS NULL OR environment = $3) AND ($4 IS NULL OR occurred_at >= $4) \
             AND ($5 IS NULL OR occurred_at < $5) ORDER BY id LIMIT $6",
        )
        .bind(self.after)
        .bind(brand)
        .bind(environment.map(Environment::name))
        .bind(since.map(clock::text))
        .bind(until.map(clock::text))
        .bind(PAGE)
        .fetch_all(self.store.read())
        .await?;
        self.ended = found.len() < PAGE as usize;
        let read = |row: &SqliteRow| {
            let entry = Cancellation::read(row)?;
            Ok((entry.id, CancellationRow::new(row.try_get("brand")?, entry, *with_text)))
        };
        let entries = found.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
        self.after = entries.last().map_or(self.after, |(id, _)| *id);
        let rows: Vec<_> = entries.into_iter().map(|(_, row)| row).collect();
        Ok((!rows.is_empty()).then_some(rows))
    }
}
