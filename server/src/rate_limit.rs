//! How often something may happen, counted in bounded memory.

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
use crate::http::Peer;

/// So many at once, and then one each time so long has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once. At least one.
    pub at_once: u32,
    /// How long until there is one more. Never nothing.
    pub every: Duration,
}

impl Rate {
    /// So many a second for as long as one likes, and at once what comes in so many seconds.
    #[must_use]
    pub fn per_second(many: NonZeroU32, at_once_for: u32) -> Self {
        Self { at_once: many.get().saturating_mul(at_once_for), every: Duration::from_secs(1) / many.get() }
    }
}

/// Counts for each of many keys how often something happened.
///
/// A key falls into one of 65,536 drawers by a hash that nobody outside can foretell. So the memory is bounded, whoever comes
/// however often; at worst two strangers share a drawer for a while.
#[derive(Debug)]
pub struct Drawers {
    hasher: RandomState,
    clock: Ticks,
    counter: RateLimiter<u16, HashMapStateStore<u16>, Ticks, NoOpMiddleware<Nanos>>,
}

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

impl Drawers {
    /// Drawers with nothing counted yet.
    #[must_use]
    pub fn new(rate: Rate, clock: Clock) -> Self {
        let at_once = NonZeroU32::new(rate.at_once).unwrap_or(NonZeroU32::MIN);
        let quota =
            Quota::with_period(rate.every).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(at_once);
        let clock = Ticks(clock);
        let counter = RateLimiter::hashmap_with_clock(quota, clock.clone());
        Self { hasher: RandomState::new(), clock, counter }
    }

    /// Counts once more for a key. What is refused is not counted.
    ///
    /// # Errors
    /// It is one too many. The value is how long to wait.
    pub fn count(&self, key: impl Hash) -> Result<(), Duration> {
        let drawer = (self.hasher.hash_one(key) & u64::from(u16::MAX)) as u16;
        self.counter.check_key(&drawer).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.counter.len()
    }
}

/// Counts for each place on the internet. A proxy, with everybody behind it, has a rate of its own.
#[derive(Debug)]
pub struct Places {
    places: Drawers,
    proxies: Drawers,
}

impl Places {
    /// Places with nothing counted yet.
    #[must_use]
    pub fn new(one_place: Rate, a_proxy: Rate, clock: &Clock) -> Self {
        Self { places: Drawers::new(one_place, clock.clone()), proxies: Drawers::new(a_proxy, clock.clone()) }
    }

    /// Counts once more for whoever asks.
    ///
    /// # Errors
    /// It is one too many. The value is how long to wait.
    pub fn count(&self, peer: Peer) -> Result<(), Duration> {
        match peer.shared {
            true => self.proxies.count(peer.ip),
            false => self.places.count(place(peer.ip)),
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.places.len()
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn clock() -> Clock {
        Clock::manual(crate::clock::parse("2026-11-21T12:00:00Z").unwrap())
    }

    fn places(clock: &Clock) -> Places {
        let one_place = Rate { at_once: 20, every: Duration::from_secs(60) };
        Places::new(one_place, Rate { at_once: 300, every: Duration::from_secs(1) }, clock)
    }

    fn person(ip: &str) -> Peer {
        Peer { ip: ip.parse().unwrap(), shared: false }
    }

    #[test]
    fn one_place_is_stopped_and_others_are_not() {
        let clock = clock();
        let places = places(&clock);
        for n in 0..20 {
            assert_eq!(places.count(person("203.0.113.7")), Ok(()), "{n}");
        }
        let wait = places.count(person("203.0.113.7")).unwrap_err();
        assert_eq!(wait, Duration::from_secs(60));
        assert_eq!(places.count(person("203.0.113.8")), Ok(()));
        clock.advance(SignedDuration::from_secs(60));
        assert_eq!(places.count(person("203.0.113.7")), Ok(()));
        assert!(places.count(person("203.0.113.7")).is_err());
    }

    #[test]
    fn a_network_of_ipv6_is_one_place() {
        let places = places(&clock());
        let stopped = (0..21).any(|n| places.count(person(&format!("2001:db8:1:{n:x}::1"))).is_err());
        assert!(stopped);
        assert_eq!(places.count(person("2001:db8:1:103::1")), Ok(()));
    }

    #[test]
    fn a_proxy_is_not_taken_for_one_person() {
        let places = places(&clock());
        let proxy = Peer { shared: true, ..person("127.0.0.1") };
        for n in 0..300 {
            assert_eq!(places.count(proxy), Ok(()), "{n}");
        }
        assert!(places.count(proxy).is_err());
    }

    #[test]
    fn a_rate_per_second_lasts_and_has_its_burst() {
        let clock = clock();
        let drawers = Drawers::new(Rate::per_second(NonZeroU32::new(4).unwrap(), 3), clock.clone());
        let taken = |drawers: &Drawers| (0..100).take_while(|_| drawers.count("acme").is_ok()).count();
        assert_eq!(taken(&drawers), 12);
        assert_eq!(drawers.count("acme"), Err(Duration::from_millis(250)));
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(taken(&drawers), 4);
    }

    #[test]
    fn many_who_come_take_bounded_memory() {
        let places = places(&clock());
        for n in 0..200_000_u32 {
            let ip = IpAddr::from((0x0b00_0000 + n).to_be_bytes());
            let _ = places.count(Peer { ip, shared: false });
        }
        assert!(places.len() <= 1 << 16, "{}", places.len());
    }
}
