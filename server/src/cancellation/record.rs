use jiff::Timestamp;
use serde_json::{Map, Value};

use super::event::{Cancellation, LedgerOutcome, OfferMade};
use super::tell::tell;
use crate::clock;
use crate::session::Environment;
use crate::store::{Error, Store, Tx};
use crate::webhook::Kind;

/// What a merchant tells of a customer who wanted to leave.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCancellation {
    /// The merchant's own name for it. Told again, it is the same event.
    pub event_id: String,
    /// Whether it counts.
    pub environment: Environment,
    /// The merchant's own id of the customer.
    pub user_id: String,
    /// Key of the reason.
    pub reason_key: String,
    /// What the customer wrote.
    pub reason_text: Option<String>,
    /// How it ended, if that is known.
    pub outcome: Option<LedgerOutcome>,
    /// The offer that was made.
    pub offer: Option<OfferMade>,
    /// The merchant's own figures about the customer.
    pub context: Map<String, Value>,
    /// The merchant's own notes.
    pub metadata: Map<String, Value>,
    /// When the customer wanted to leave.
    pub occurred_at: Timestamp,
}

/// What became of an event that was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// It is new.
    New(Box<Cancellation>),
    /// It was told before. Nothing is changed: this is what is there.
    Known(Box<Cancellation>),
    /// It was told before, in the other environment.
    OtherEnvironment,
}

/// Writes an event, if it is new.
///
/// # Errors
/// The database does not take it.
pub async fn record(
    store: &Store,
    brand: &str,
    new: NewCancellation,
    now: Timestamp,
) -> Result<Recorded, Error> {
    let brand = brand.to_owned();
    store
        .write(async move |tx| {
            if let Some(known) = find(tx, &brand, &new.event_id).await? {
                return Ok(if known.environment == new.environment {
                    Recorded::Known(Box::new(known))
                } else {
                    Recorded::OtherEnvironment
                });
            }
            sqlx::query(
                "INSERT INTO cancellations (brand, event_id, environment, source, user_id, reason_key, reason_text, \
                 outcome, settled, offer, context, metadata, occurred_at, created_at, updated_at) \
                 VALUES ($1, $2, $3, 'api', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
            )
            .bind(&brand)
            .bind(&new.event_id)
            .bind(new.environment.name())
            .bind(&new.user_id)
            .bind(&new.reason_key)
            .bind(&new.reason_text)
            .bind(new.outcome.map(LedgerOutcome::name))
            .bind(new.outcome.is_some())
            .bind(new.offer.as_ref().map(text).transpose()?)
            .bind(text(&new.context)?)
            .bind(text(&new.metadata)?)
            .bind(clock::text(new.occurred_at))
            .bind(clock::text(now))
            .execute(&mut *tx)
            .await?;
            let recorded = find(tx, &brand, &new.event_id).await?;
            let event = recorded.ok_or_else(|| Error::Malformed("an event was not kept".into()))?;
            tell(tx, &brand, &event, Kind::CancellationCreated, now).await?;
            Ok(Recorded::New(Box::new(event)))
        })
        .await
}

/// How a cancellation ended, as the merchant tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The environment it was told in.
    pub environment: Environment,
    /// How it ended.
    pub outcome: LedgerOutcome,
    /// When that takes effect.
    pub effective_at: Option<Timestamp>,
    /// The merchant's notes on it.
    pub metadata: Map<String, Value>,
}

/// What became of an outcome that was told.
#[derive(Clone, Debug, PartialEq)]
pub enum SettleResult {
    /// It is the event's outcome now.
    Done(Box<Cancellation>),
    /// There is no such event.
    Unknown,
    /// The event is in the other environment.
    OtherEnvironment,
}

/// Sets an event's outcome. The last one that was set counts, and all of them are kept.
///
/// # Errors
/// The database does not take it.
pub async fn settle(
    store: &Store,
    brand: &str,
    event_id: &str,
    change: Change,
    now: Timestamp,
) -> Result<SettleResult, Error> {
    let (brand, event_id) = (brand.to_owned(), event_id.to_owned());
    store
        .write(async move |tx| {
            let Some(known) = find(tx, &brand, &event_id).await? else { return Ok(SettleResult::Unknown) };
            if known.environment != change.environment {
                return Ok(SettleResult::OtherEnvironment);
            }
            let (outcome, at) = (change.outcome.name(), clock::text(now));
            let effective_at = change.effective_at.map(clock::text);
            sqlx::query(
                "INSERT INTO cancellation_outcomes (cancellation, outcome, effective_at, metadata, at) \
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(known.id)
            .bind(outcome)
            .bind(&effective_at)
            .bind(text(&change.metadata)?)
            .bind(&at)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "UPDATE cancellations SET outcome = $1, settled = 1, effective_at = $2, updated_at = $3 WHERE id = $4",
            )
            .bind(outcome)
            .bind(&effective_at)
            .bind(&at)
            .bind(known.id)
            .execute(&mut *tx)
            .await?;
            let settled = find(tx, &brand, &event_id).await?;
            let event = settled.ok_or_else(|| Error::Malformed("an event is gone".into()))?;
            tell(tx, &brand, &event, Kind::CancellationUpdated, now).await?;
            Ok(SettleResult::Done(Box::new(event)))
        })
        .await
}

/// The event of this id, as the transaction sees it.
pub(super) async fn find(tx: &mut Tx, brand: &str, event_id: &str) -> Result<Option<Cancellation>, Error> {
    let row = sqlx::query("SELECT * FROM cancellations WHERE brand = $1 AND event_id = $2")
        .bind(brand)
        .bind(event_id)
        .fetch_optional(tx)
        .await?;
    row.as_ref().map(Cancellation::read).transpose()
}

pub(super) fn text(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Malformed(error.to_string()))
}
