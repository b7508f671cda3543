use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

type Locks = Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>;

/// For which customers something is being settled: one thing at a time each.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy(Locks);

/// Holds a customer until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    customer: String,
    guard: Option<OwnedMutexGuard<()>>,
    busy: Busy,
}

impl Busy {
    /// Holds a customer, waiting until nobody else does.
    pub(super) async fn hold(&self, customer: &str) -> Held {
        let lock = self.lock_of(customer);
        let guard = lock.lock_owned().await;
        Held { customer: customer.into(), guard: Some(guard), busy: self.clone() }
    }

    /// Holds a customer, unless somebody else does.
    pub(super) fn try_hold(&self, customer: &str) -> Option<Held> {
        let guard = self.lock_of(customer).try_lock_owned().ok()?;
        Some(Held { customer: customer.into(), guard: Some(guard), busy: self.clone() })
    }

    fn lock_of(&self, customer: &str) -> Arc<tokio::sync::Mutex<()>> {
        self.locks().entry(customer.into()).or_default().clone()
    }

    fn locks(&self) -> MutexGuard<'_, HashMap<String, Arc<tokio::sync::Mutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut locks = self.busy.locks();
        drop(self.guard.take());
        // Whoever waits has a clone of the lock, and clones are only made while `locks` is held.
        if locks.get(&self.customer).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.customer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_customer_is_held_once_and_forgotten_when_free() {
        let busy = Busy::default();
        let held = busy.hold("a").await;
        assert!(busy.try_hold("a").is_none());
        assert!(busy.try_hold("b").is_some());
        let other = busy.clone();
        let waiting = tokio::spawn(async move { drop(other.hold("a").await) });
        tokio::task::yield_now().await;
        drop(held);
        waiting.await.unwrap();
        assert!(busy.try_hold("a").is_some());
        assert!(busy.locks().is_empty());
    }
}
