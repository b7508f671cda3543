//! How often one customer may ask, from wherever: what they ask for costs calls of billing, or can be guessed.

use std::time::Duration;

use crate::clock::Clock;
use crate::rate_limit::{Drawers, Rate};
use crate::session::Environment;

/// Requests for the hub. Each has billing asked about everything the customer has.
const HUB: Rate = Rate { at_once: 60, every: Duration::from_secs(2) };
/// Looks after one change that is pending. In between, the executor asks billing at its own pace.
const LOOKS: Rate = Rate { at_once: 3, every: Duration::from_secs(5) };
/// Codes that are tried, whether they are right or not. Nobody has so many, and nobody is to guess one.
const CODES: Rate = Rate { at_once: 20, every: Duration::from_secs(60) };
/// Calls with a customer's own token.
const CALLS: Rate = Rate { at_once: 60, every: Duration::from_secs(1) };
/// Changes with a customer's own token. Each is kept, and may note a payment method and a campaign.
const CHANGES: Rate = Rate { at_once: 20, every: Duration::from_secs(5 * 60) };

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asker<'a> {
    /// The brand's slug.
    pub brand: &'a str,
    /// Whether it counts.
    pub environment: Environment,
    /// The customer's id in billing.
    pub customer: &'a str,
}

/// Counts what customers ask for. All methods give how long to wait where it is one too many; that one is not counted.
#[derive(Debug)]
pub struct CustomerLimits {
    hub: Drawers,
    looks: Drawers,
    codes: Drawers,
    calls: Drawers,
    changes: Drawers,
}

impl CustomerLimits {
    /// Limits with nothing counted yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let drawers = |rate| Drawers::new(rate, clock.clone());
        Self {
            hub: drawers(HUB),
            looks: drawers(LOOKS),
            codes: drawers(CODES),
            calls: drawers(CALLS),
            changes: drawers(CHANGES),
        }
    }

    /// Counts a request for the hub.
    ///
    /// # Errors
    /// It is one too many.
    pub fn count_hub(&self, asker: Asker<'_>) -> Result<(), Duration> {
        self.hub.count(asker)
    }

    /// Counts that somebody wants billing to be asked about a change, by the change's id.
    ///
    /// # Errors
    /// It is one too many.
    pub fn count_look(&self, change: &str) -> Result<(), Duration> {
        self.looks.count(change)
    }

    /// Counts a code that is tried.
    ///
    /// # Errors
    /// It is one too many.
    pub fn count_code(&self, asker: Asker<'_>) -> Result<(), Duration> {
        self.codes.count(asker)
    }

    /// Counts a call with a customer's own token.
    ///
    /// # Errors
    /// It is one too many.
    pub fn count_call(&self, asker: Asker<'_>) -> Result<(), Duration> {
        self.calls.count(asker)
    }

    /// Counts a change that is about to be made with a customer's own token.
    ///
    /// # Errors
    /// It is one too many.
    pub fn count_change(&self, asker: Asker<'_>) -> Result<(), Duration> {
        self.changes.count(asker)
    }
}
