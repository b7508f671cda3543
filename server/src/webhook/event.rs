use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Kind;
use crate::clock;
use crate::session::Environment;
use crate::store::{Error, Tx};

/// Something that has happened and is told to the endpoints of its brand.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The brand's slug.
    pub brand: &'a str,
    /// Whether it counts. Endpoints of the other environment never get it.
    pub environment: Environment,
    /// What it is about: the id of a session, or of a cancellation. Events of one subject are delivered in the order in which
    /// they are told.
    pub subject: &'a str,
    /// What is told.
    pub kind: Kind,
    /// The payload's `data`. No free text of a customer and no e-mail address may be in it.
    pub data: Value,
    /// When it happened.
    pub now: Timestamp,
}

/// What is posted.
#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: &'a str,
    data: &'a Value,
}

/// The body of a payload that tells nothing, to see whether somebody is there.
#[must_use]
pub fn ping(data: &Value, now: Timestamp) -> String {
    json!({ "type": "ping", "timestamp": clock::text(now), "data": data }).to_string()
}

/// The body of a payload, as it is posted and signed.
fn body(kind: &str, now: Timestamp, data: &Value) -> Result<String, Error> {
    let payload = Payload { kind, timestamp: &clock::text(now), data };
    serde_json::to_string(&payload).map_err(|error| Error::Malformed(error.to_string()))
}

/// Writes an event, and a delivery for each endpoint that takes it. Belongs in the transaction of what it tells.
///
/// Where no endpoint takes it, nothing is written.
///
/// # Errors
/// When the database fails.
pub async fn tell(tx: &mut Tx, event: Event<'_>) -> Result<(), Error> {
    let urls = subscribed(tx, event.brand, event.environment, event.kind).await?;
    if urls.is_empty() {
        return Ok(());
    }
    let id = format!("evt_{}", Uuid::new_v4().simple());
    let position: i64 = sqlx::query_scalar(
        "SELECT coalesce(max(position), 0) + 1 FROM webhook_events WHERE brand = $1 AND subject = $2",
    )
    .bind(event.brand)
    .bind(event.subject)
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO webhook_events (id, brand, environment, subject, position, kind, body, told_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&id)
    .bind(event.brand)
    .bind(event.environment.name())
    .bind(event.subject)
    .bind(position)
    .bind(event.kind.name())
    .bind(body(event.kind.name(), event.now, &event.data)?)
    .bind(clock::text(event.now))
    .execute(&mut *tx)
    .await?;
    for url in urls {
        put_in_line(tx, &id, &url, event.now).await?;
    }
    Ok(())
}

/// Whether any endpoint takes such events. Saves who tells them the work where none does.
pub(crate) async fn wanted(
    tx: &mut Tx,
    brand: &str,
    environment: Environment,
    kind: Kind,
) -> Result<bool, Error> {
    Ok(!subscribed(tx, brand, environment, kind).await?.is_empty())
}

async fn subscribed(
    tx: &mut Tx,
    brand: &str,
    environment: Environment,
    kind: Kind,
) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar(
        "SELECT url FROM webhook_subscriptions WHERE brand = $1 AND environment = $2 AND kind = $3 ORDER BY url",
    )
    .bind(brand)
    .bind(environment.name())
    .bind(kind.name())
    .fetch_all(tx)
    .await?)
}

/// Puts an event in line for an endpoint: anew, if it has been there before.
pub(super) async fn put_in_line(tx: &mut Tx, event: &str, url: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO webhooks (id, event, url, brand, environment, subject, position, told_at, status, attempts, \
         next_attempt_at, created_at) \
         SELECT $1, id, $2, brand, environment, subject, position, told_at, 'pending', 0, $3, $3 \
         FROM webhook_events WHERE id = $4 \
         ON CONFLICT (event, url) DO UPDATE SET status = 'pending', attempts = 0, next_attempt_at = excluded.next_attempt_at, \
         created_at = excluded.created_at, last_error = NULL, sent_at = NULL",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(url)
    .bind(clock::text(now))
    .bind(event)
    .execute(tx)
    .await?;
    Ok(())
}
