//! Telling again what was told. The id of an event stays the same, so that a receiver can tell a repeat.

use jiff::Timestamp;

use super::Register;
use super::event::put_in_line;
use crate::clock;
use crate::store::{Error, Tx};

/// How many events are put in line in one transaction. Everybody else who writes waits meanwhile.
const AT_ONCE: usize = 100;

/// Whether a delivery is told again, as SQL: whether its endpoint is still there.
const HAS_ENDPOINT: &str = "EXISTS (SELECT 1 FROM webhook_subscriptions AS s \
     WHERE s.brand = webhooks.brand AND s.environment = webhooks.environment AND s.url = webhooks.url)";

/// What is told again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// One event, at every endpoint that takes it now.
    Event(String),
    /// Every delivery that was given up.
    Failed,
    /// Every event from this moment on, at every endpoint that takes it now.
    Since(Timestamp),
}

/// What was put in line again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// How many events, or deliveries, were found.
    pub found: u64,
    /// How many deliveries are in line now.
    pub queued: u64,
    /// How much was found that no endpoint takes any more.
    pub unwanted: u64,
}

/// What became of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It is in line, with all its attempts before it.
    Queued,
    /// The brand has no delivery of this id.
    Unknown,
    /// Its endpoint is no longer in the configuration.
    NoEndpoint,
}

impl Register {
    /// Puts one delivery of a brand in line again, wherever it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replay_one(&self, brand: &str, id: &str) -> Result<Replay, Error> {
        if self.delivery(id).await?.is_none_or(|delivery| delivery.brand != brand) {
            return Ok(Replay::Unknown);
        }
        let (id, now) = (id.to_owned(), self.clock.now());
        let queued = self.store.write(async move |tx| again(tx, "id = $2", &id, now).await).await?;
        Ok(if queued == 0 { Replay::NoEndpoint } else { Replay::Queued })
    }

    /// Puts in line again what was told, of one brand or of all.
    ///
    /// # Errors
    /// When the database fails. What is in line by then stays there.
    pub async fn replay(&self, brand: Option<&str>, which: Which) -> Result<Replayed, Error> {
        let now = self.clock.now();
        let events = match which {
            Which::Failed => return self.replay_failed(brand, now).await,
            Which::Event(id) => self.events("e.id = $2", brand, id).await?,
            Which::Since(at) => self.events("e.told_at >= $2", brand, clock::text(at)).await?,
        };
        let mut done = Replayed::default();
        // What is to be told first is put in line first.
        for events in events.chunks(AT_ONCE) {
            let events = events.to_vec();
            let added = self.store.write(async move |tx| queue(tx, &events, now).await).await?;
            done.found += added.found;
            done.queued += added.queued;
            done.unwanted += added.unwanted;
        }
        Ok(done)
    }

    async fn events(&self, which: &str, brand: Option<&str>, value: String) -> Result<Vec<String>, Error> {
        let sql = format!(
            "SELECT e.id FROM webhook_events AS e WHERE e.brand = coalesce($1, e.brand) AND {which} \
             ORDER BY e.told_at, e.position"
        );
        let ids = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(brand).bind(value);
        Ok(ids.fetch_all(self.store.read()).await?)
    }

    async fn replay_failed(&self, brand: Option<&str>, now: Timestamp) -> Result<Replayed, Error> {
        let brand = brand.map(str::to_owned);
        self.store
            .write(async move |tx| {
                let failed =
                    "SELECT count(*) FROM webhooks WHERE status = 'failed' AND brand = coalesce($1, brand)";
                let found: i64 = sqlx::query_scalar(failed).bind(&brand).fetch_one(&mut *tx).await?;
                let which = "status = 'failed' AND brand = coalesce($2, brand)";
                let queued = again(tx, which, brand, now).await?;
                let found = u64::try_from(found).unwrap_or_default();
                Ok(Replayed { found, queued, unwanted: found.saturating_sub(queued) })
            })
            .await
    }
}

/// Puts deliveries in line again that have an endpoint. `which` has `$2` in it. Gives how many.
async fn again<'q, T>(tx: &mut Tx, which: &str, value: T, now: Timestamp) -> Result<u64, Error>
where
    T: sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + 'q,
{
    let sql = format!(
        "UPDATE webhooks SET status = 'pending', attempts = 0, next_attempt_at = $1, created_at = $1, last_error = NULL, \
         sent_at = NULL WHERE {which} AND {HAS_ENDPOINT}"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(clock::text(now)).bind(value).execute(tx).await?;
    Ok(done.rows_affected())
}

/// Puts events in line for every endpoint that takes them now, also for one that did not when they happened.
async fn queue(tx: &mut Tx, events: &[String], now: Timestamp) -> Result<Replayed, Error> {
    let mut done = Replayed::default();
    for event in events {
        let urls: Vec<String> = sqlx::query_scalar(
            "SELECT s.url FROM webhook_subscriptions AS s JOIN webhook_events AS e ON s.brand = e.brand \
             AND s.environment = e.environment AND s.kind = e.kind WHERE e.id = $1 ORDER BY s.url",
        )
        .bind(event)
        .fetch_all(&mut *tx)
        .await?;
        done.found += 1;
        done.queued += urls.len() as u64;
        done.unwanted += u64::from(urls.is_empty());
        for url in urls {
            put_in_line(tx, event, &url, now).await?;
        }
    }
    Ok(done)
}
