//! What is noted at a subscription in Stripe, in its metadata: what was carried out, so that nothing is twice, however long ago it
//! was. Stripe forgets idempotency keys after a day.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::holding::moment;
use super::object::Subscription;
use crate::billing::Pause;

/// The member of the metadata with what was carried out, oldest first.
pub(super) const DONE: &str = "farewell";
/// The member of the metadata with a pause: two moments, in seconds since 1970.
pub(super) const PAUSE: &str = "farewell_pause";
/// How many are kept. A value has 500 characters at most.
const MOST: usize = 16;

/// What is noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    done: Vec<String>,
    pub pause: Option<Pause>,
}

impl Marks {
    /// What is noted at a subscription.
    pub(super) fn of(subscription: &Subscription) -> Self {
        let text = |name: &str| subscription.metadata.get(name).map(String::as_str).unwrap_or_default();
        let pause = text(PAUSE).split_once('-').and_then(|(from, until)| {
            let read = |text: &str| moment(text.parse().ok()?);
            Some(Pause { from: read(from)?, until: read(until)? })
        });
        Self { done: text(DONE).split_whitespace().map(Into::into).collect(), pause }
    }

    /// Whether what has this key was carried out.
    pub(super) fn has(&self, key: &str) -> bool {
        self.done.contains(&short(key))
    }

    /// The value that notes this key too.
    pub(super) fn with(&self, key: &str) -> String {
        let mut done = self.done.clone();
        done.push(short(key));
        done.split_off(done.len().saturating_sub(MOST)).join(" ")
    }

    /// The value that notes a pause.
    pub(super) fn pause_text(from: Timestamp, until: Timestamp) -> String {
        format!("{}-{}", from.as_second(), until.as_second())
    }
}

/// A text in short: twelve letters and digits.
pub(super) fn short(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
