use std::{sync::Arc, time::Duration};

use flow::Settlement;
use jiff::SignedDuration;
use tokio::{sync::Semaphore, task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    answer::{self, Unsettled},
    busy::Busy,
    queue::{self, Errand, Queue, Stored},
};
use crate::{
    billing::Registry,
    clock::{self, Clock},
    hub,
    store::{Error, Store},
};

/// How often the background worker looks for what is due.
const POLL: Duration = Duration::from_secs(1);
/// For how many customers the background worker settles something at once.
const AT_ONCE: u32 = 16;
/// The wait after the first attempt that brought no answer. It doubles with each one more, up to [`LONGEST_WAIT`].
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(10);
/// The wait where a change of somebody who has left is to be withdrawn: until then it could still be charged for.
const WITHDRAWAL_WAIT: SignedDuration = SignedDuration::from_secs(5);
/// After so many attempts, which is a day, it waits as everything else does.
const WITHDRAWALS: i64 = 17_280;

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
        self.settle(Queue::Flow, intent, wait).await
    }

    /// The same for a change of the hub.
    ///
    /// # Errors
    /// When there is no such change, or the database fails; then the change is as pending as before.
    pub async fn settle_change_now(&self, change: &str, wait: Duration) -> Result<Progress, Error> {
        self.settle(Queue::Hub, change, wait).await
    }

    async fn settle(&self, queue: Queue, id: &str, wait: Duration) -> Result<Progress, Error> {
        let this = self.clone();
        let id = id.to_owned();
        let name = id.clone();
        let work = async move {
            let Some(errand) = queue.find(&this.0.store, &id).await? else {
                return Err(Error::Malformed(format!("there is nothing to be done with the id {id}")));
            };
            let _held = this.0.busy.hold(&errand.customer).await;
            this.0.settle_up_to(&errand).await
        };
        // What it logs belongs to the request that waits for it.
        let work = tokio::spawn(work.in_current_span());
        match time::timeout(wait, work).await {
            Ok(Ok(progress)) => progress,
            Ok(Err(failed)) => {
                tracing::error!(%failed, intent = name, "carrying out an intent failed");
                Ok(Progress::Pending)
            }
            Err(_) => Ok(Progress::Pending),
        }
    }

    /// Carries out whatever is due at the moment, once. Gives how much was settled.
    ///
    /// # Errors
    /// When the database fails.
    pub fn settle_due(&self) -> impl Future<Output = Result<usize, Error>> + Send + 'static {
        let this = self.clone();
        async move {
            let settled = this.start_due().await?.join_all().await;
            Ok(settled.into_iter().sum())
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
            // Each customer for whom something is being settled has one of the slots.
            drop(this.0.slots.acquire_many(AT_ONCE).await);
        }
    }

    async fn start_due(&self) -> Result<JoinSet<usize>, Error> {
        let mut started = JoinSet::new();
        for errands in self.0.due().await? {
            let Some(first) = errands.first() else { continue };
            // A customer for whom something is being settled is seen to by whoever does it, or is due again.
            let Some(held) = self.0.busy.try_hold(&first.customer) else { continue };
            let Ok(slot) = self.0.slots.clone().try_acquire_owned() else { break };
            let inner = self.0.clone();
            started.spawn(async move {
                let mut settled = 0;
                for errand in errands {
                    match inner.settle_up_to(&errand).await {
                        Ok(Progress::Settled { .. }) => settled += 1,
                        Ok(Progress::Pending) => {}
                        Err(error) => tracing::error!(%error, intent = errand.id, "cannot settle an intent"),
                    }
                }
                drop((held, slot));
                settled
            });
        }
        Ok(started)
    }
}

impl Inner {
    /// What is due, by customer; whoever waits the longest comes first.
    async fn due(&self) -> Result<Vec<Vec<Errand>>, Error> {
        let now = self.clock.now_text();
        let mut all: Vec<Vec<Errand>> = Vec::new();
        for queue in Queue::ALL {
            for errand in queue.due(&self.store, &now).await? {
                let same = |others: &&mut Vec<Errand>| others.iter().any(|o| o.customer == errand.customer);
                match all.iter_mut().find(same) {
                    Some(others) => others.push(errand),
                    None => all.push(vec![errand]),
                }
            }
        }
        Ok(all)
    }

    /// Does what has to be done for this errand, in order, and at last itself. Nothing else is to be done for the customer meanwhile.
    async fn settle_up_to(&self, errand: &Errand) -> Result<Progress, Error> {
        let Errand { queue, id, .. } = errand;
        loop {
            if let Some((settlement, why)) = queue.settled(&self.store, id).await? {
                let reason = why.filter(|_| settlement == Settlement::Refused);
                return Ok(Progress::Settled { settlement, reason });
            }
            match queue.next(&self.store, id).await? {
                Some(next) if next.next_attempt_at <= self.clock.now_text() => {
                    self.attempt(*queue, &next).await?;
                }
                _ => return Ok(Progress::Pending),
            }
        }
    }

    /// Carries out one errand and writes down what came of it. Before a customer leaves, what is left of the hub is withdrawn; whatever
    /// becomes of that, they leave.
    async fn attempt(&self, queue: Queue, errand: &Stored) -> Result<(), Error> {
        if queue == Queue::Flow {
            for change in hub::left_behind(&self.store, &errand.id).await? {
                if let Some(change) = Queue::Hub.next(&self.store, &change).await? {
                    self.attempt_one(Queue::Hub, &change).await?;
                }
            }
        }
        self.attempt_one(queue, errand).await
    }

    /// Withdraws a change. One that came about after the customer had left may have taken that back: then they leave once more.
    async fn withdraw(&self, change: &Stored) -> Result<(Settlement, Option<String>), Unsettled> {
        let withdrawn = answer::to_withdraw(&self.billings, change).await?;
        if withdrawn.0 == Settlement::Applied {
            let left = queue::cancellation_after(&self.store, &change.id).await;
            if let Some(left) = left.map_err(|error| error.to_string())? {
                answer::to_do(&self.billings, &left).await?;
            }
        }
        Ok(withdrawn)
    }

    async fn attempt_one(&self, queue: Queue, errand: &Stored) -> Result<(), Error> {
        let id = errand.id.clone();
        let now = self.clock.now();
        let withdrawn = queue == Queue::Hub && hub::is_left_behind(&self.store, &errand.id).await?;
        let billings = &self.billings;
        let asked =
            if withdrawn { self.withdraw(errand).await } else { answer::to_do(billings, errand).await };
        match asked {
            Ok((settlement, reason)) => {
                self.store.write(async move |tx| queue.settle(tx, &id, settlement, reason, now).await).await
            }
            Err(Unsettled { why, authentication }) => {
                let attempts = errand.attempts + 1;
                match authentication {
                    Some(_) => tracing::info!(intent = id, attempts, "a payment waits for the customer"),
                    None => tracing::warn!(intent = id, attempts, why, "billing has not answered"),
                }
                let hurries = withdrawn && errand.attempts < WITHDRAWALS;
                let wait = if hurries { WITHDRAWAL_WAIT } else { wait_after(errand.attempts) };
                let next = clock::text(now.saturating_add(wait).unwrap_or(now));
                self.store
                    .write(async move |tx| {
                        queue.postpone(tx, &id, (&why, authentication.as_ref()), &next).await
                    })
                    .await
            }
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
