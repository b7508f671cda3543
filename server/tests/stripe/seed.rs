//! Numbers that are the same for the same seed.

use std::ops::Range;

/// SplitMix64.
#[derive(Clone, Debug)]
pub struct Seed(u64);

impl Seed {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than this.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// So often in a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// The seeds that are tried: as many as `FAREWELL_STRIPE_RUNS` says, or those (`1880..1900`); else as many as there is time for in
/// every run of the tests.
pub fn runs(usual: u32) -> Range<u32> {
    let number =
        |text: &str| text.parse::<u32>().expect("FAREWELL_STRIPE_RUNS is a number, or two with .. between");
    match std::env::var("FAREWELL_STRIPE_RUNS") {
        Ok(text) => match text.split_once("..") {
            Some((first, end)) => number(first)..number(end),
            None => 0..number(&text),
        },
        Err(_) => 0..usual,
    }
}
