//! What has been kept for long enough is deleted, once a day.
//!
//! Nothing goes that something waits for: an intent, a delivery, a declaration. Rows go a few at a time, each few in a transaction
//! of their own, so that customers wait for none of it.

mod sweep;
mod texts;

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::clock::{self, Clock};
use crate::config::{Period, Retention};
use crate::store::{Error, Store};
use sweep::{SWEEPS, Sweep};

/// How long after the start the first look is: the start is busy enough.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// How long until the next look.
const AGAIN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long tokens, and notes of what was asked for with them, are kept after they were used last.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// A kind of data with a retention period of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Receipts.
    Receipts,
    /// Sessions that were fetched and never opened.
    Unopened,
    /// Sessions that were closed without a decision.
    Aborted,
    /// Every other session, once it has no receipt.
    Sessions,
    /// What customers typed into the survey.
    FreeText,
    /// Mails.
    Mails,
    /// Handovers to merchants.
    Handovers,
    /// Declarations.
    Declarations,
    /// Links to the hosted flow.
    Links,
    /// Entries of the ledger of cancellations.
    Cancellations,
    /// What customers wrote, in that ledger.
    LedgerTexts,
    /// Webhooks.
    Webhooks,
    /// What customers have changed in the hub.
    HubChanges,
    /// Hubs that were opened as a page.
    HubPages,
    /// The ids of what Stripe has told.
    StripeEvents,
    /// Customers at Stripe.
    StripeCustomers,
    /// Customers' own tokens.
    CustomerTokens,
    /// Notes of what was asked for with them.
    PelcroChanges,
}

impl Kind {
    /// Its name in the log and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Receipts => "receipts",
            Self::Unopened => "unopened",
            Self::Aborted => "aborted",
            Self::Sessions => "sessions",
            Self::FreeText => "free_text",
            Self::Mails => "mails",
            Self::Handovers => "handovers",
            Self::Declarations => "declarations",
            Self::Links => "links",
            Self::Cancellations => "cancellations",
            Self::LedgerTexts => "ledger_texts",
            Self::Webhooks => "webhooks",
            Self::HubChanges => "hub_changes",
            Self::HubPages => "hub_pages",
            Self::StripeEvents => "stripe_events",
            Self::StripeCustomers => "stripe_customers",
            Self::CustomerTokens => "customer_tokens",
            Self::PelcroChanges => "pelcro_changes",
        }
    }

    /// What is older than this goes.
    fn ended_before(self, retention: &Retention, now: Timestamp) -> Option<Timestamp> {
        let period = match self {
            Self::Receipts => retention.receipts,
            Self::Unopened | Self::Links | Self::HubPages => retention.unopened,
            Self::Aborted => retention.aborted,
            Self::Sessions | Self::HubChanges => retention.sessions,
            Self::FreeText | Self::LedgerTexts => retention.free_text,
            Self::Mails | Self::Handovers => retention.mails,
            Self::Declarations => retention.declarations,
            Self::Cancellations => retention.cancellations,
            Self::Webhooks => retention.webhooks,
            // Stripe tells the same again for three days.
            Self::StripeEvents => Period::of_days(30),
            // Whoever has paid nothing for longer than a year has nothing to cancel.
            Self::StripeCustomers => Period::of_days(400),
            // As long as a token lasts at most where nothing else was configured at Pelcro: it is of no use after that.
            Self::CustomerTokens | Self::PelcroChanges => return now.checked_sub(TOKEN_LIFE).ok(),
        };
        period.ended_before(now)
    }
}

/// How many rows of each kind have gone.
pub type Purged = Vec<(Kind, u64)>;

/// Deletes what has been kept for long enough.
#[derive(Clone, Debug)]
pub struct Purge {
    store: Store,
    clock: Clock,
    retention: Retention,
}

impl Purge {
    /// One that has not begun to work; [`run`](Self::run) does.
    #[must_use]
    pub fn new(store: Store, clock: Clock, retention: Retention) -> Self {
        Self { store, clock, retention }
    }

    /// Looks once a day, until it is told to stop. `tell` is told what went each time.
    pub async fn run(&self, stop: CancellationToken, tell: impl Fn(&Purged)) {
        let mut pause = FIRST_AFTER;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            tell(&self.until(&stop).await);
            pause = AGAIN_AFTER;
        }
    }

    /// Deletes whatever has been kept for long enough at the moment, and says in the log how much of what. A kind that cannot be
    /// deleted is told there too, and looked at again the next time.
    pub async fn once(&self) -> Purged {
        self.until(&CancellationToken::new()).await
    }

    /// Deletes, and leaves the rest for the next time once it is told to stop.
    async fn until(&self, stop: &CancellationToken) -> Purged {
        let (began, now) = (Instant::now(), self.clock.now());
        let mut purged = Purged::new();
        for sweep in &SWEEPS {
            let Some(before) = sweep.kind.ended_before(&self.retention, now) else { continue };
            let mut rows = 0;
            if let Err(error) = self.sweep(sweep, before, &mut rows, stop).await {
                tracing::error!(%error, kind = sweep.kind.name(), "what has been kept for long enough cannot be deleted");
            }
            purged.push((sweep.kind, rows));
        }
        let told: Vec<String> = purged.iter().map(|(kind, rows)| format!("{} {rows}", kind.name())).collect();
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(purged = told.join(", "), ms, "what has been kept for long enough is deleted");
        purged
    }

    /// Goes through what is older, a few rows at a time.
    async fn sweep(
        &self,
        sweep: &'static Sweep,
        before: Timestamp,
        rows: &mut u64,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let before = clock::text(before);
        let mut after = (String::new(), String::new());
        while !stop.is_cancelled() {
            let found: Vec<(String, String)> = sqlx::query_as(sweep.find)
                .bind(&before)
                .bind(&after.0)
                .bind(&after.1)
                .fetch_all(self.store.read())
                .await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.clone();
            let (before, now) = (before.clone(), self.clock.now_text());
            let work = async move |tx: &mut crate::store::Tx| sweep.remove(tx, &found, &before, &now).await;
            *rows += self.store.write(work).await?;
        }
        Ok(())
    }
}
