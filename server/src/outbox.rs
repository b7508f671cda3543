//! What has to reach somebody outside, kept until it does.
//!
//! A row is written in the transaction of what it tells about. From then on it is the [`Outbox`]'s: it gives the row to its
//! [`Carrier`] until that has delivered it, with growing pauses, through kills and outages, for five days. A row whose delivery
//! was interrupted is delivered again, so carriers name it in a way that makes a repeat recognisable.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row as _, Sqlite};

use crate::clock::{self, Clock};
use crate::store::{Error, Store};

/// How often it looks for what is due.
const POLL: Duration = Duration::from_secs(1);
/// How many deliveries go on at once.
const AT_ONCE: usize = 4;
/// The wait after the first attempt that failed. It doubles with each one more, up to [`LONGEST_WAIT`]. Up to a quarter of every
/// wait is left out, see [`left_out`].
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(4);
/// For how long delivery is tried: what mail servers do (RFC 5321, 4.5.4.1).
const TRY_FOR: SignedDuration = SignedDuration::from_hours(5 * 24);
/// For how long the other side is left alone at most when it asks for that.
const LONGEST_ASKED: SignedDuration = SignedDuration::from_hours(24);

/// A question for the rows that are due.
pub type Due = Query<'static, Sqlite, SqliteArguments>;

/// Brings one kind of rows to where they belong.
pub trait Carrier: std::fmt::Debug + Send + Sync + 'static {
    /// The statements of its table.
    const TABLE: Table;

    /// Asks for the rows that are due at this moment, as [`clock::text`] writes it. A carrier that brings some rows of its table
    /// only names them here.
    fn due(&self, now: String) -> Due {
        sqlx::query(Self::TABLE.due).bind(now)
    }

    /// Delivers a row. May be called again for the same row when nobody knows whether it has arrived.
    fn deliver(&self, row: &SqliteRow) -> impl Future<Output = Result<(), Undelivered>> + Send;
}

/// Why something was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Whether trying again is of no use.
    pub for_good: bool,
    /// Why, for the log: no customer's datum is in it.
    pub why: String,
    /// What the other side said, for the database.
    pub said: Option<String>,
    /// For how long the other side asks to be left alone. A day at most is granted.
    pub asked: Option<SignedDuration>,
}

impl Undelivered {
    /// It may be delivered later.
    pub fn yet(why: impl Into<String>) -> Self {
        Self { for_good: false, why: why.into(), said: None, asked: None }
    }

    /// It will never be delivered.
    pub fn ever(why: impl Into<String>) -> Self {
        Self { for_good: true, ..Self::yet(why) }
    }
}

/// Why somebody could not be reached: the innermost reason of an error, which says most.
pub(crate) fn unreachable(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("it cannot be reached: {innermost}")
}

/// The statements of one table. Its columns are those of `mails`.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    pub(crate) due: &'static str,
    pub(crate) sent: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) postponed: &'static str,
}

/// The statements of a table of this name.
macro_rules! table {
    ($name:literal) => {
        $crate::outbox::Table {
            name: $name,
            due: concat!(
                "SELECT * FROM ",
                $name,
                " WHERE status = 'pending' AND next_attempt_at <= $1 ORDER BY next_attempt_at, id LIMIT 64"
            ),
            sent: concat!(
                "UPDATE ",
                $name,
                " SET status = 'sent', attempts = attempts + 1, sent_at = $1, last_error = NULL WHERE id = $2"
            ),
            failed: concat!(
                "UPDATE ",
                $name,
                " SET status = 'failed', attempts = attempts + 1, last_error = $1 WHERE id = $2"
            ),
            postponed: concat!(
                "UPDATE ",
                $name,
                " SET attempts = attempts + 1, last_error = $1, next_attempt_at = $2 WHERE id = $3"
            ),
        }
    };
}
pub(crate) use table;

/// Delivers the rows of one table. One process has one for each.
#[derive(Debug)]
pub struct Outbox<C> {
    store: Store,
    clock: Clock,
    carrier: Arc<C>,
}

impl<C: Carrier> Outbox<C> {
    /// An outbox that has not begun to work; [`run`](Self::run) does.
    #[must_use]
    pub fn new(store: Store, clock: Clock, carrier: Arc<C>) -> Self {
        Self { store, clock, carrier }
    }

    /// Delivers whatever is due, now and from now on, until the future is dropped. Nothing is lost when it is.
    pub async fn run(&self) {
        loop {
            match self.deliver_due().await {
                // There may be more than one look brings.
                Ok(1..) => continue,
                Ok(0) => {}
                Err(error) => {
                    tracing::error!(%error, table = C::TABLE.name, "cannot look for what is to be delivered");
                }
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Tries whatever is due at the moment, once. Gives how much of it was delivered.
    ///
    /// # Errors
    /// When the database fails; what was delivered and could not be noted is delivered again.
    pub async fn deliver_due(&self) -> Result<usize, Error> {
        let due = self.carrier.due(self.clock.now_text()).fetch_all(self.store.read()).await?;
        let tried: Vec<Result<bool, Error>> =
            stream::iter(due).map(|row| self.attempt(row)).buffer_unordered(AT_ONCE).collect().await;
        tried.into_iter().try_fold(0, |delivered, done| Ok(delivered + usize::from(done?)))
    }

    async fn attempt(&self, row: SqliteRow) -> Result<bool, Error> {
        let (id, attempts): (String, i64) = (row.try_get("id")?, row.try_get("attempts")?);
        let created_at: String = row.try_get("created_at")?;
        let delivered = self.carrier.deliver(&row).await;
        let now = self.clock.now();
        let (table, attempt) = (C::TABLE.name, attempts + 1);
        let Err(Undelivered { for_good, why, said, asked }) = delivered else {
            let query = sqlx::query(C::TABLE.sent).bind(clock::text(now)).bind(id);
            self.store.write(async move |tx| query.execute(tx).await.map_err(Error::from)).await?;
            return Ok(true);
        };
        let said = said.unwrap_or_else(|| why.clone());
        let wait = wait(attempts, left_out(&id, attempts), asked);
        let next = next_attempt(wait, clock::parse(&created_at).unwrap_or(now), now);
        let query = match next.filter(|_| !for_good) {
            Some(next) => {
                tracing::warn!(table, id, attempt, why, "not delivered yet");
                sqlx::query(C::TABLE.postponed).bind(said).bind(clock::text(next)).bind(id)
            }
            None => {
                tracing::error!(table, id, attempt, why, "could not be delivered, and is not tried again");
                sqlx::query(C::TABLE.failed).bind(said).bind(id)
            }
        };
        self.store.write(async move |tx| query.execute(tx).await.map_err(Error::from)).await?;
        Ok(false)
    }
}

/// How long to wait after this many attempts and one more. Of the wait, this many thousandths are left out.
fn wait(attempts: i64, left_out: i32, asked: Option<SignedDuration>) -> SignedDuration {
    let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(16);
    let whole = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let wait = whole / 1000 * (1000 - left_out);
    wait.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

/// How many thousandths of a wait are left out, 0 to 250, so that what has failed together is not tried again together. The row
/// and the attempt decide it: the same ones always wait the same.
fn left_out(id: &str, attempts: i64) -> i32 {
    let hash = Sha256::digest(format!("{id}:{attempts}"));
    i32::from(u16::from_be_bytes([hash[0], hash[1]]) % 251)
}

/// When to try again, after a wait. None: no more.
fn next_attempt(wait: SignedDuration, created_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let next = now.saturating_add(wait).ok()?;
    (next.duration_since(created_at) <= TRY_FOR).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_four_hours_and_ends_after_five_days() {
        let whole = |attempts| wait(attempts, 0, None);
        assert_eq!(
            [0, 1, 2, 8, 9, 60, i64::MAX].map(|attempts| whole(attempts).as_secs()),
            [30, 60, 120, 7680, 14_400, 14_400, 14_400]
        );
        let created = clock::parse("2026-11-21T12:00:00Z").unwrap();
        let mut now = created;
        let mut attempts = 0;
        while let Some(next) = next_attempt(whole(attempts), created, now) {
            (now, attempts) = (next, attempts + 1);
        }
        assert_eq!((now.duration_since(created).as_hours(), attempts), (116, 37));
    }

    #[test]
    fn rows_that_failed_together_are_spread_over_a_quarter_of_the_wait() {
        let id = |row: i32| format!("00000000-0000-4000-8000-{row:012}");
        let all: Vec<i32> = (0..1000).map(|row| left_out(&id(row), 3)).collect();
        assert_eq!((all.iter().min(), all.iter().max()), (Some(&0), Some(&250)));
        let mean = all.iter().sum::<i32>() / 1000;
        assert!((115..135).contains(&mean), "{mean}");
        assert_eq!(left_out(&id(1), 3), left_out(&id(1), 3), "the same row waits the same");
        assert_ne!(left_out(&id(1), 3), left_out(&id(1), 4));
        assert_eq!([0, 100, 250].map(|part| wait(1, part, None).as_millis()), [60_000, 54_000, 45_000]);
    }

    #[test]
    fn whoever_asks_to_be_left_alone_is_for_a_day_at_most() {
        let asks = |hours| Some(SignedDuration::from_hours(hours));
        assert_eq!(wait(0, 0, asks(3)), SignedDuration::from_hours(3));
        assert_eq!(wait(0, 0, asks(300)), SignedDuration::from_hours(24));
        assert_eq!(wait(9, 0, asks(3)), SignedDuration::from_hours(4), "never sooner than usual");
        assert_eq!(wait(0, 0, asks(-1)).as_secs(), 30);
    }
}
