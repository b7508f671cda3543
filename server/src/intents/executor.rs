use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use flow::Settlement;
use futures_util::FutureExt;
use jiff::SignedDuration;
use sqlx::{FromRow, Row as _, sqlite::SqliteRow};
use tokio::{sync::Semaphore, task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    busy::{Busy, Held},
    settle,
};
use crate::{
    billing::{Answer, Instruction, Registry},
    clock::{self, Clock},
    session::Environment,
    store::{Error, Store},
};

/// How often the background worker looks for what is due.
const POLL: Duration = Duration::from_secs(1);
/// How long billing may take to answer before nobody knows what it did.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How many sessions the background worker settles at once.
const AT_ONCE: u32 = 16;
/// The wait after the first attempt that brought no answer. It doubles with each one more, up to [`LONGEST_WAIT`].
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(10);

/// Carries out intents. Clones share the work: one process has one executor.
#[derive(Clone, Debug)]
pub struct Executor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    billings: Registry,
    clock: Clock,
    busy: Busy,
    slots: Arc<Semaphore>,
}

/// Where an intent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Billing has answered, and the session says so.
    Settled {
        /// What billing made of it.
        settlement: Settlement,
        /// Why it was refused, for a developer.
        reason: Option<String>,
    },
    /// Billing has not answered yet. The executor keeps asking.
    Pending,
}

#[derive(Debug)]
struct Row {
    id: String,
    brand: String,
    environment: Environment,
    hands_over: bool,
    payload: String,
    attempts: i64,
    next_attempt_at: String,
}

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            brand: row.try_get("brand")?,
            environment: environment(row)?,
            hands_over: row.try_get("hands_over")?,
            payload: row.try_get("payload")?,
            attempts: row.try_get("attempts")?,
            next_attempt_at: row.try_get("next_attempt_at")?,
        })
    }
}

/// Nothing that cannot be read counts: it would be carried out for real.
fn environment(row: &SqliteRow) -> sqlx::Result<Environment> {
    let name: &str = row.try_get("environment")?;
    Environment::named(name).ok_or_else(|| sqlx::Error::ColumnDecode {
        index: "environment".into(),
        source: format!("\"{name}\" is none").into(),
    })
}

impl Executor {
    /// An executor that has not begun to work in the background; [`run`](Self::run) does.
    #[must_use]
    pub fn new(store: Store, billings: Registry, clock: Clock) -> Self {
        let slots = Arc::new(Semaphore::new(AT_ONCE as usize));
        Self(Arc::new(Inner { store, billings, clock, busy: Busy::default(), slots }))
    }

    /// Carries out an intent now, and waits that long for billing to answer. Settled means that the session, the outcome and the
    /// intent are settled in the database.
    ///
    /// Earlier intents of the same session are carried out first. What does not answer in time goes on in the background, also
    /// when the caller stops waiting. Asked again about a settled intent, it gives the same.
    ///
    /// # Errors
    /// When there is no such intent, or the database fails; then the intent is as pending as before.
    pub async fn settle_now(&self, intent: &str, wait: Duration) -> Result<Progress, Error> {
        let this = self.clone();
        let id = intent.to_owned();
        let work = async move {
            let session: Option<(String,)> = sqlx::query_as("SELECT session FROM intents WHERE id = $1")
                .bind(&id)
                .fetch_optional(this.0.store.read())
                .await?;
            let Some((session,)) = session else {
                return Err(Error::Malformed(format!("there is no intent {id}")));
            };
            let held = this.0.busy.hold(&session).await;
            this.0.settle_up_to(&id, held).await
        };
        // What it logs belongs to the request that waits for it.
        let work = tokio::spawn(work.in_current_span());
        match time::timeout(wait, work).await {
            Ok(Ok(progress)) => progress,
            Ok(Err(failed)) => {
                tracing::error!(%failed, intent, "carrying out an intent failed");
                Ok(Progress::Pending)
            }
            Err(_) => Ok(Progress::Pending),
        }
    }

    /// Carries out whatever is due at the moment, once. Gives how many intents were settled.
    ///
    /// # Errors
    /// When the database fails.
    pub fn settle_due(&self) -> impl Future<Output = Result<usize, Error>> + Send + 'static {
        let this = self.clone();
        async move {
            let settled = this.start_due().await?.join_all().await;
            Ok(settled.into_iter().filter(|settled| *settled).count())
        }
    }

    /// Carries out whatever is due, now and from now on, until it is told to stop; what has begun then is waited for. Nothing is
    /// lost when the future is dropped.
    pub fn run(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let this = self.clone();
        async move {
            while !stop.is_cancelled() {
                match this.start_due().await {
                    Ok(mut started) => started.detach_all(),
                    Err(error) => tracing::error!(%error, "cannot look for pending intents"),
                }
                stop.run_until_cancelled(time::sleep(POLL)).await;
            }
            // Each session that is being settled has one of the slots.
            drop(this.0.slots.acquire_many(AT_ONCE).await);
        }
    }

    async fn start_due(&self) -> Result<JoinSet<bool>, Error> {
        let mut started = JoinSet::new();
        for (id, session) in self.0.due().await? {
            // A session that is being settled is done by whoever does it, or is due again.
            let Some(held) = self.0.busy.try_hold(&session) else { continue };
            let Ok(slot) = self.0.slots.clone().try_acquire_owned() else { break };
            let inner = self.0.clone();
            started.spawn(async move {
                let progress = inner.settle_up_to(&id, held).await;
                drop(slot);
                if let Err(error) = &progress {
                    tracing::error!(%error, intent = id, "cannot settle an intent");
                }
                matches!(progress, Ok(Progress::Settled { .. }))
            });
        }
        Ok(started)
    }
}

impl Inner {
    /// Intents that are due, of sessions that wait for nothing else; the longest due first.
    async fn due(&self) -> Result<Vec<(String, String)>, Error> {
        Ok(sqlx::query_as(
            "SELECT id, session FROM intents AS due WHERE status = 'pending' AND next_attempt_at <= $1 AND NOT EXISTS \
             (SELECT 1 FROM intents WHERE session = due.session AND status = 'pending' AND next_attempt_at > $1) \
             ORDER BY next_attempt_at, id LIMIT 64",
        )
        .bind(self.clock.now_text())
        .fetch_all(self.store.read())
        .await?)
    }

    /// Settles the session's intents in order, up to and with this one.
    async fn settle_up_to(&self, id: &str, _held: Held) -> Result<Progress, Error> {
        loop {
            if let settled @ Progress::Settled { .. } = self.progress(id).await? {
                return Ok(settled);
            }
            let first: Option<Row> = sqlx::query_as(
                "SELECT i.id, s.brand, s.environment, s.hands_over, i.payload, i.attempts, i.next_attempt_at \
                 FROM intents AS i JOIN sessions AS s ON s.id = i.session \
                 WHERE i.status = 'pending' AND i.session = (SELECT session FROM intents WHERE id = $1) \
                 ORDER BY i.run, i.created_at, i.id LIMIT 1",
            )
            .bind(id)
            .fetch_optional(self.store.read())
            .await?;
            match first {
                Some(row) if row.next_attempt_at <= self.clock.now_text() => self.attempt(&row).await?,
                _ => return Ok(Progress::Pending),
            }
        }
    }

    async fn progress(&self, id: &str) -> Result<Progress, Error> {
        let (status, last_error): (String, Option<String>) =
            sqlx::query_as("SELECT status, last_error FROM intents WHERE id = $1")
                .bind(id)
                .fetch_one(self.store.read())
                .await?;
        Ok(match settle::read(&status) {
            Some(settlement) => {
                let reason = last_error.filter(|_| settlement == Settlement::Refused);
                Progress::Settled { settlement, reason }
            }
            None => Progress::Pending,
        })
    }

    /// Carries out one intent and writes down what came of it.
    async fn attempt(&self, row: &Row) -> Result<(), Error> {
        let id = row.id.clone();
        let now = self.clock.now();
        match self.ask(row).await {
            Ok((settlement, reason)) => {
                self.store.write(async move |tx| settle::write(tx, &id, settlement, reason, now).await).await
            }
            Err(why) => {
                tracing::warn!(intent = id, attempts = row.attempts + 1, why, "billing has not answered");
                let next = clock::text(now.saturating_add(wait_after(row.attempts)).unwrap_or(now));
                self.store.write(async move |tx| settle::postpone(tx, &id, &why, &next).await).await
            }
        }
    }

    /// Asks billing to do it, and then whether it is done. An error is why nobody knows.
    async fn ask(&self, row: &Row) -> Result<(Settlement, Option<String>), String> {
        let billing = self
            .billings
            .of(&row.brand, row.environment, row.hands_over)
            .ok_or_else(|| format!("no billing is configured for the brand {}", row.brand))?;
        let instruction: Instruction = serde_json::from_str(&row.payload)
            .map_err(|error| format!("the intent cannot be read: {error}"))?;
        let executed = answer(billing.execute(&row.id, &instruction)).await;
        match executed {
            Answer::Requested => return Ok((Settlement::Requested, None)),
            Answer::Refused(reason) => return Ok((Settlement::Refused, Some(reason))),
            Answer::Waits(_) => return Err("the customer has to authenticate the payment".into()),
            Answer::Applied if billing.has_the_last_word() => return Ok((Settlement::Applied, None)),
            Answer::Unknown(why) if billing.has_the_last_word() => return Err(why),
            Answer::Applied | Answer::Unknown(_) => {}
        }
        // Also when nobody knows: an answer may have been lost on its way after the work was done.
        match (answer(billing.read_back(&row.id, &instruction)).await, executed) {
            (Answer::Applied, _) => Ok((Settlement::Applied, None)),
            (_, Answer::Unknown(why)) => Err(why),
            (read, _) => Err(format!("billing said that it is done, but reading it back gave {read:?}")),
        }
    }
}

/// Waits for billing within reason. No answer, and a panic, leave it unknown what was done.
async fn answer(asked: impl Future<Output = Answer>) -> Answer {
    match time::timeout(ANSWER_WITHIN, AssertUnwindSafe(asked).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Answer::Unknown("billing panicked".into()),
        Err(_) => {
            Answer::Unknown(format!("billing did not answer within {} seconds", ANSWER_WITHIN.as_secs()))
        }
    }
}

fn wait_after(attempts: i64) -> SignedDuration {
    let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(16);
    FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_ten_minutes() {
        let waits: Vec<_> = [0, 1, 2, 9, 10, 60, i64::MAX].map(|n| wait_after(n).as_secs()).into();
        assert_eq!(waits, [1, 2, 4, 512, 600, 600, 600]);
    }
}
