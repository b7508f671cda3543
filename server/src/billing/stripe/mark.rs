//! What is noted at a subscription in Stripe, in its metadata: what was carried out, so that nothing is twice, however long ago it
//! was. Stripe forgets idempotency keys after a day.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::holding::moment;
use super::object::Subscription;
use crate::billing::Pause;

/// The member of the metadata with what was carried out, oldest first.
const DONE: &str = "farewell";
/// The member of the metadata with a pause: two moments, in seconds since 1970.
pub(super) const PAUSE: &str = "farewell_pause";
/// The member of the metadata with the promotion codes that were used, in short.
pub(super) const CODES: &str = "farewell_codes";
/// How many of what was carried out are kept. A value has 500 characters at most.
const MOST: usize = 16;
/// The most that Stripe keeps: characters of a value, and members of one object's metadata.
const LONGEST: usize = 500;
const MOST_MEMBERS: usize = 50;

/// What is noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    done: Vec<String>,
    codes: Vec<String>,
    pub pause: Option<Pause>,
    /// Whether metadata takes one more member with what was carried out.
    takes_note: bool,
    /// The same with codes.
    takes_codes: bool,
}

impl Marks {
    /// What is noted at a subscription.
    pub(super) fn of(subscription: &Subscription) -> Self {
        let text = |name: &str| subscription.metadata.get(name).map(String::as_str).unwrap_or_default();
        let pause = text(PAUSE).split_once('-').and_then(|(from, until)| {
            let read = |text: &str| moment(text.parse().ok()?);
            Some(Pause { from: read(from)?, until: read(until)? })
        });
        let words = |name: &str| text(name).split_whitespace().map(Into::into).collect();
        let metadata = &subscription.metadata;
        // The note that it was carried out is written with the first code, and may be new too.
        let new = usize::from(!metadata.contains_key(DONE)) + 1;
        let takes_note = metadata.contains_key(DONE) || metadata.len() < MOST_MEMBERS;
        let takes_codes = metadata.contains_key(CODES) || metadata.len() + new <= MOST_MEMBERS;
        Self { done: words(DONE), codes: words(CODES), pause, takes_note, takes_codes }
    }

    /// Whether what has this key was carried out.
    pub(super) fn has(&self, key: &str) -> bool {
        self.done.contains(&short(key))
    }

    /// The member of a form that notes this key too. None where the merchant's own members leave no room: then Stripe would refuse all
    /// of the request.
    pub(super) fn note(&self, key: &str) -> Option<(String, String)> {
        let mut done = self.done.clone();
        done.push(short(key));
        let text = done.split_off(done.len().saturating_sub(MOST)).join(" ");
        self.takes_note.then(|| (format!("metadata[{DONE}]"), text))
    }

    /// Whether a promotion code with this id was used.
    pub(super) fn has_code(&self, id: &str) -> bool {
        self.codes.contains(&short(id))
    }

    /// The value that notes this promotion code too. None where there is no room for one more: none is ever forgotten for another.
    pub(super) fn with_code(&self, id: &str) -> Option<String> {
        let mut codes = self.codes.clone();
        codes.push(short(id));
        Some(codes.join(" ")).filter(|text| self.takes_codes && text.len() <= LONGEST)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(metadata: &serde_json::Value) -> Marks {
        let subscription = json!({
            "id": "sub_1", "customer": "cus_1", "status": "active", "items": { "data": [] }, "metadata": metadata,
        });
        Marks::of(&serde_json::from_value(subscription).expect("a subscription"))
    }

    #[test]
    fn codes_are_noted_as_long_as_stripe_has_room_and_none_is_forgotten() {
        let (mut noted, mut text) = (0, String::new());
        while let Some(longer) = with(&json!({ CODES: text })).with_code(&format!("promo_{noted}")) {
            (noted, text) = (noted + 1, longer);
        }
        assert_eq!(noted, 38);
        let marks = with(&json!({ CODES: text }));
        assert!((0..noted).all(|number| marks.has_code(&format!("promo_{number}"))));
        assert!(!marks.has_code("promo_38"));
    }

    #[test]
    fn metadata_that_is_full_takes_no_code_and_no_note() {
        let members = |count: u32| {
            (0..count).map(|number| (format!("m{number}"), json!("x"))).collect::<serde_json::Map<_, _>>()
        };
        assert!(with(&members(48).into()).with_code("promo_1").is_some());
        assert!(with(&members(49).into()).with_code("promo_1").is_none());
        assert!(with(&members(49).into()).note("key").is_some());
        assert!(with(&members(50).into()).note("key").is_none());
    }
}
