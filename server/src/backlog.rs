//! What waits in the database to be carried out or delivered: for whoever watches the server.

use jiff::Timestamp;

use crate::clock;
use crate::mail::Post;
use crate::outbox::{Carrier, Table};
use crate::receipt::Handover;
use crate::store::{Error, Store};
use crate::webhook::Courier;

/// The outboxes with what customers are told.
pub const NOTIFICATIONS: &[Table] = &[Post::TABLE, Handover::TABLE];
/// The outboxes with what merchants are told.
pub const WEBHOOKS: &[Table] = &[Courier::TABLE];

/// How much waits, and for how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many rows wait.
    pub pending: i64,
    /// How many were given up. They stay until their retention period is over.
    pub failed: i64,
    /// Since when the oldest waits. None where nothing does.
    pub oldest: Option<Timestamp>,
}

impl Backlog {
    /// What billing has not answered yet, of one brand or of all.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn of_billing(store: &Store, brand: Option<&str>) -> Result<Self, Error> {
        let sql = "SELECT status, count(*), min(created_at) FROM ( \
             SELECT i.status, i.created_at, s.brand FROM intents AS i JOIN sessions AS s ON s.id = i.session \
             WHERE i.status = 'pending' \
             UNION ALL SELECT status, created_at, brand FROM hub_changes WHERE status = 'pending') AS asked \
             WHERE $1 IS NULL OR brand = $1 GROUP BY status";
        Self::counted(store, sql, brand).await
    }

    /// What an outbox has not delivered, of one brand or of all.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn of_outbox(store: &Store, table: &Table, brand: Option<&str>) -> Result<Self, Error> {
        Self::counted(store, table.undelivered, brand).await
    }

    /// What several outboxes have not delivered.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn of_outboxes(store: &Store, tables: &[Table], brand: Option<&str>) -> Result<Self, Error> {
        let mut all = Self::default();
        for table in tables {
            let one = Self::of_outbox(store, table, brand).await?;
            all.pending += one.pending;
            all.failed += one.failed;
            all.oldest = [all.oldest, one.oldest].into_iter().flatten().min();
        }
        Ok(all)
    }

    /// How many seconds the oldest has waited.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        self.oldest.map(|oldest| now.duration_since(oldest).as_secs().max(0))
    }

    async fn counted(store: &Store, sql: &'static str, brand: Option<&str>) -> Result<Self, Error> {
        let rows: Vec<(String, i64, String)> =
            sqlx::query_as(sql).bind(brand).fetch_all(store.read()).await?;
        let mut all = Self::default();
        for (status, count, oldest) in rows {
            if status == "pending" {
                all.pending = count;
                all.oldest = clock::parse(&oldest).ok();
            } else {
                all.failed = count;
            }
        }
        Ok(all)
    }
}
