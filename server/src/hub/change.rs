//! What a customer has agreed to, as it is stored until billing has carried it out and for as long as sessions are kept.

use jiff::Timestamp;
use sqlx::{FromRow, Row as _, SqliteExecutor, sqlite::SqliteRow};

use super::{HubClaims, Record, Want};
use crate::billing::{Authentication, Instruction};
use crate::clock;
use crate::store::{Error, Store, Tx};

/// How a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Billing has not answered yet.
    Pending,
    /// It is done.
    Applied,
    /// The merchant does it.
    Requested,
    /// It was not done, and nothing was changed.
    Refused,
}

impl Standing {
    const NAMES: [(&'static str, Self); 4] = [
        ("pending", Self::Pending),
        ("applied", Self::Applied),
        ("requested", Self::Requested),
        ("refused", Self::Refused),
    ];

    /// Its name in answers and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, standing)| *standing == self).map_or("", |(name, _)| name)
    }

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, standing)| standing)
    }
}

/// A change, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) want: Want,
    pub(super) instruction: Instruction,
    pub(super) standing: Standing,
    /// What the customer has to do first, while it is pending.
    pub(super) authentication: Option<Authentication>,
}

/// What becomes of a change that is to be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is written down, now or before: billing is to be asked.
    Here,
    /// Something else is being done with the subscription. Nothing was written.
    Waits,
}

/// The name of a change: its idempotency key. Nobody else's session can have the same.
pub(super) fn id(claims: &HubClaims, number: &str) -> String {
    format!("{}:{number}", claims.sid)
}

/// The change of this number within a session, if there is one.
pub(super) async fn find(store: &Store, claims: &HubClaims, number: &str) -> Result<Option<Stored>, Error> {
    let found = sqlx::query_as(
        "SELECT kind, payload, status, authentication FROM hub_changes WHERE id = $1 AND session = $2",
    )
    .bind(id(claims, number))
    .bind(claims.sid.to_string())
    .fetch_optional(store.read())
    .await?;
    Ok(found)
}

/// The subscriptions of the customer with which something is being done, and what the customer has to do first.
pub(super) async fn pending(
    store: &Store,
    claims: &HubClaims,
) -> Result<Vec<(String, Option<Authentication>)>, Error> {
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT subscription, authentication FROM hub_changes WHERE brand = $1 AND environment = $2 AND customer = $3 AND status = 'pending'",
    )
    .bind(&claims.brand)
    .bind(claims.environment.name())
    .bind(&claims.customer)
    .fetch_all(store.read())
    .await?;
    // What cannot be read leads nowhere, and the change is as pending as before.
    let read = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(rows.into_iter().map(|(subscription, text)| (subscription, read(text))).collect())
}

/// Writes a change down, to be carried out. Written down already, it stays as it is.
///
/// # Errors
/// When the database fails.
pub(super) async fn insert(
    tx: &mut Tx,
    claims: &HubClaims,
    (number, want): (&str, Want),
    instruction: &Instruction,
) -> Result<Written, Error> {
    let id = id(claims, number);
    let subscription = instruction.subscription.as_deref().unwrap_or_default();
    if exists(&mut *tx, "SELECT 1 FROM hub_changes WHERE id = $1", &[&id]).await? {
        return Ok(Written::Here);
    }
    let of = [&claims.brand, claims.environment.name(), subscription];
    let waits = [
        "SELECT 1 FROM hub_changes WHERE brand = $1 AND environment = $2 AND subscription = $3 AND status = 'pending'",
        "SELECT 1 FROM intents AS i JOIN sessions AS s ON s.id = i.session \
         WHERE s.brand = $1 AND s.environment = $2 AND s.subscription = $3 AND i.status = 'pending'",
    ];
    for sql in waits {
        if exists(&mut *tx, sql, &of).await? {
            return Ok(Written::Waits);
        }
    }
    let payload = serde_json::to_string(instruction).map_err(|e| Error::Malformed(e.to_string()))?;
    sqlx::query(
        "INSERT INTO hub_changes (id, brand, environment, session, customer, subscription, kind, payload, status, attempts, \
         next_attempt_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', 0, $9, $9)",
    )
    .bind(&id)
    .bind(&claims.brand)
    .bind(claims.environment.name())
    .bind(claims.sid.to_string())
    .bind(&claims.customer)
    .bind(subscription)
    .bind(want.name())
    .bind(payload)
    .bind(clock::text(instruction.requested_at))
    .execute(tx)
    .await?;
    Ok(Written::Here)
}

/// Lets billing be asked again at once about a change that is pending.
pub(super) async fn hasten(
    tx: &mut Tx,
    claims: &HubClaims,
    number: &str,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query("UPDATE hub_changes SET next_attempt_at = $1 WHERE id = $2 AND status = 'pending' AND next_attempt_at > $1")
        .bind(clock::text(now))
        .bind(id(claims, number))
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes what the customer has to do before a change that is pending can be carried out; or that it is nothing.
///
/// # Errors
/// When the database fails.
pub async fn note_authentication(
    tx: &mut Tx,
    id: &str,
    authentication: Option<&Authentication>,
) -> Result<(), Error> {
    let text = authentication.map(serde_json::to_string).transpose();
    let text = text.map_err(|error| Error::Malformed(error.to_string()))?;
    sqlx::query("UPDATE hub_changes SET authentication = $1 WHERE id = $2 AND status = 'pending'")
        .bind(text)
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes down what billing made of a change. One that is settled already is left as it is.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut Tx,
    id: &str,
    status: &str,
    reason: Option<String>,
    now: Timestamp,
) -> Result<(), Error> {
    let settled: Option<Record> = sqlx::query_as(
        "UPDATE hub_changes SET status = $1, attempts = attempts + 1, last_error = $2, settled_at = $3, \
         authentication = NULL WHERE id = $4 AND status = 'pending' RETURNING *",
    )
    .bind(status)
    .bind(reason)
    .bind(clock::text(now))
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    match settled {
        Some(settled) => settled.tell(tx, now).await,
        None => Ok(()),
    }
}

pub(super) async fn exists(
    db: impl SqliteExecutor<'_>,
    sql: &'static str,
    values: &[&str],
) -> Result<bool, Error> {
    let query = values.iter().fold(sqlx::query(sql), |query, value| query.bind((*value).to_owned()));
    Ok(query.fetch_optional(db).await?.is_some())
}

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let unreadable = |index: &str, text: &str| sqlx::Error::ColumnDecode {
            index: index.into(),
            source: text.to_owned().into(),
        };
        let (kind, status): (&str, &str) = (row.try_get("kind")?, row.try_get("status")?);
        let payload: &str = row.try_get("payload")?;
        Ok(Self {
            want: Want::named(kind).ok_or_else(|| unreadable("kind", kind))?,
            instruction: serde_json::from_str(payload).map_err(|e| unreadable("payload", &e.to_string()))?,
            authentication: row
                .try_get::<Option<&str>, _>("authentication")?
                .map(serde_json::from_str)
                .transpose()
                .map_err(|e| unreadable("authentication", &e.to_string()))?,
            standing: Standing::named(status).ok_or_else(|| unreadable("status", status))?,
        })
    }
}
