//! How often declarations are accepted, so that nobody fills a mailbox, a brand's desk or the disk.

use std::time::Duration;

use crate::clock::Clock;
use crate::http::Peer;
use crate::rate_limit::{Drawers, Places, Rate};

/// From one place on the internet. An office or a household may share it.
const FROM_ONE_PLACE: Rate = Rate { at_once: 20, every: Duration::from_secs(60) };
/// From a proxy, with everybody behind it.
const FROM_A_PROXY: Rate = Rate { at_once: 300, every: Duration::from_secs(1) };
/// To one e-mail address, whoever asks: nobody gets many mails that they did not ask for.
const TO_ONE_ADDRESS: Rate = Rate { at_once: 5, every: Duration::from_secs(60 * 60) };
/// For one brand.
const FOR_ONE_BRAND: Rate = Rate { at_once: 600, every: Duration::from_secs(1) };

/// Counts accepted declarations.
#[derive(Debug)]
pub struct Limits {
    places: Places,
    addresses: Drawers,
    brands: Drawers,
}

impl Limits {
    /// Limits with nothing counted yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self {
            places: Places::new(FROM_ONE_PLACE, FROM_A_PROXY, clock),
            addresses: Drawers::new(TO_ONE_ADDRESS, clock.clone()),
            brands: Drawers::new(FOR_ONE_BRAND, clock.clone()),
        }
    }

    /// Counts a declaration that is about to be accepted. What is refused counts nowhere but where it came from.
    ///
    /// # Errors
    /// It is one too many. The value is how long to wait.
    pub fn count(&self, from: Peer, brand: &str) -> Result<(), Duration> {
        self.places.count(from)?;
        self.brands.count(brand)
    }

    /// Counts a mail to an address, and says whether it may go. A declaration is accepted all the same where it may not: else
    /// whoever knows an address could keep its owner from declaring anything.
    #[must_use]
    pub fn may_mail(&self, email: &str) -> bool {
        self.addresses.count(mailbox(email)).is_ok()
    }
}

/// An address without what leads to the same mailbox in another spelling: capitals, and what stands behind a plus.
fn mailbox(email: &str) -> String {
    let email = email.to_lowercase();
    match email.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or_default()),
        None => email,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn limits() -> (Limits, Clock) {
        let clock = Clock::manual(crate::clock::parse("2026-11-21T12:00:00Z").unwrap());
        (Limits::new(&clock), clock)
    }

    fn person(ip: [u8; 4]) -> Peer {
        Peer { ip: ip.into(), shared: false }
    }

    #[test]
    fn one_place_is_stopped_and_a_brand_is() {
        let (limits, _) = limits();
        let accepted = |ip| (0..100).take_while(|_| limits.count(person(ip), "acme").is_ok()).count();
        for place in 0..30 {
            assert_eq!(accepted([203, 0, 113, place]), 20);
        }
        assert_eq!(accepted([203, 0, 113, 30]), 0);
        assert_eq!(limits.count(person([203, 0, 113, 31]), "globex"), Ok(()));
    }

    #[test]
    fn a_mailbox_is_spared_whoever_writes_its_address_however() {
        let (limits, clock) = limits();
        let spellings = [
            "ada@example.com",
            "Ada@Example.COM",
            "ada+1@example.com",
            "ada+2@example.com",
            "ADA@example.com",
        ];
        assert!(spellings.iter().all(|email| limits.may_mail(email)));
        assert!(!limits.may_mail("ada+6@example.com"));
        assert!(limits.may_mail("bob@example.com"));
        clock.advance(SignedDuration::from_hours(1));
        assert!(limits.may_mail("ada@example.com"));
        assert!(!limits.may_mail("ada@example.com"));
    }
}
