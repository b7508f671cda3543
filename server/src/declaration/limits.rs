//! How often declarations are accepted, so that nobody fills a mailbox, a brand's desk or the disk.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;

/// So many at once, and then one each so many seconds.
#[derive(Clone, Copy)]
struct Rate {
    at_once: u32,
    seconds: u64,
}

/// From one place on the internet. An office or a household may share it.
const FROM_ONE_PLACE: Rate = Rate { at_once: 20, seconds: 60 };
/// From one place on this machine or in a private network: most likely a proxy, with everybody behind it.
const FROM_A_PROXY: Rate = Rate { at_once: 300, seconds: 1 };
/// To one e-mail address, whoever asks: nobody gets many mails that they did not ask for.
const TO_ONE_ADDRESS: Rate = Rate { at_once: 5, seconds: 60 * 60 };
/// For one brand.
const FOR_ONE_BRAND: Rate = Rate { at_once: 600, seconds: 1 };

/// Counts accepted declarations.
///
/// What is counted falls into one of 65,536 drawers by a hash that nobody outside can foretell. So the memory is bounded, whoever
/// asks however often; at worst two strangers share a drawer for a while.
#[derive(Debug)]
pub struct Limits {
    hasher: RandomState,
    clock: Ticks,
    places: Counter,
    proxies: Counter,
    addresses: Counter,
    brands: Counter,
}

type Counter = RateLimiter<u16, HashMapStateStore<u16>, Ticks, NoOpMiddleware<Nanos>>;

/// The server's clock, as counters read it.
#[derive(Clone, Debug)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let milliseconds = u64::try_from(self.0.now().as_millisecond()).unwrap_or(0);
        Nanos::new(milliseconds.saturating_mul(1_000_000))
    }
}

impl Limits {
    /// Limits with nothing counted yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let clock = Ticks(clock);
        let counter = |rate: Rate| {
            let at_once = NonZeroU32::new(rate.at_once).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::with_period(Duration::from_secs(rate.seconds))
                .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
                .allow_burst(at_once);
            RateLimiter::hashmap_with_clock(quota, clock.clone())
        };
        Self {
            hasher: RandomState::new(),
            places: counter(FROM_ONE_PLACE),
            proxies: counter(FROM_A_PROXY),
            addresses: counter(TO_ONE_ADDRESS),
            brands: counter(FOR_ONE_BRAND),
            clock,
        }
    }

    /// Counts a declaration that is about to be accepted. What is refused counts nowhere but where it came from.
    ///
    /// # Errors
    /// It is one too many. The value is how long to wait.
    pub fn count(&self, from: IpAddr, brand: &str) -> Result<(), Duration> {
        let from = from.to_canonical();
        if is_near(from) {
            self.in_drawer(&self.proxies, from)?;
        } else {
            self.in_drawer(&self.places, place(from))?;
        }
        self.in_drawer(&self.brands, brand)
    }

    /// Counts a mail to an address, and says whether it may go. A declaration is accepted all the same where it may not: else
    /// whoever knows an address could keep its owner from declaring anything.
    #[must_use]
    pub fn may_mail(&self, email: &str) -> bool {
        self.in_drawer(&self.addresses, mailbox(email)).is_ok()
    }

    fn in_drawer(&self, counter: &Counter, what: impl Hash) -> Result<(), Duration> {
        let drawer = (self.hasher.hash_one(what) & u64::from(u16::MAX)) as u16;
        counter.check_key(&drawer).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

/// Whether an address is on this machine or in a private network.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// What of an address belongs to one customer of a network: all of IPv4's, and the first 56 bits of IPv6's, which is what
/// networks give to a household.
fn place(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_bits().into(),
        IpAddr::V6(ip) => ip.to_bits() >> 72 << 72,
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
        (Limits::new(clock.clone()), clock)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_place_is_stopped_and_others_are_not() {
        let (limits, clock) = limits();
        for n in 0..20 {
            assert_eq!(limits.count(ip("203.0.113.7"), "acme"), Ok(()), "{n}");
        }
        let wait = limits.count(ip("203.0.113.7"), "acme").unwrap_err();
        assert_eq!(wait, Duration::from_secs(60));
        assert_eq!(limits.count(ip("203.0.113.8"), "acme"), Ok(()));
        clock.advance(SignedDuration::from_secs(60));
        assert_eq!(limits.count(ip("203.0.113.7"), "acme"), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_place() {
        let (limits, _) = limits();
        let stopped = (0..21).any(|n| limits.count(ip(&format!("2001:db8:1:{n:x}::1")), "acme").is_err());
        assert!(stopped);
        assert_eq!(limits.count(ip("2001:db8:1:103::1"), "acme"), Ok(()));
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

    #[test]
    fn a_proxy_is_not_taken_for_one_person() {
        let (limits, _) = limits();
        for n in 0..300 {
            assert_eq!(limits.count(ip("127.0.0.1"), "acme"), Ok(()), "{n}");
        }
        assert!(limits.count(ip("::ffff:127.0.0.1"), "acme").is_err());
    }

    #[test]
    fn many_askers_take_bounded_memory() {
        let (limits, _) = limits();
        for n in 0..200_000_u32 {
            let _ = limits.count(IpAddr::from((0x0b00_0000 + n).to_be_bytes()), "acme");
            let _ = limits.may_mail(&format!("{n}@example.com"));
        }
        for counter in [&limits.places, &limits.addresses, &limits.brands] {
            assert!(counter.len() <= 1 << 16, "{}", counter.len());
        }
    }
}
