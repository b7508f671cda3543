//! What time it is, and how a moment is written.
//!
//! Everything that asks for the time asks a [`Clock`], so that a test can say what time it is. Everything that stores a
//! moment stores [`text`], which is of fixed width: text order is time order.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp, fmt::temporal::DateTimePrinter};

/// Tells the time, in whole milliseconds. Clones of one clock tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `at` until it is [set](Self::set) or [advanced](Self::advance).
    #[must_use]
    pub fn manual(at: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(whole(at)))))
    }

    /// The time now, cut to whole milliseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => whole(Timestamp::now()),
            Source::Manual(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// The time now, as [`text`].
    #[must_use]
    pub fn now_text(&self) -> String {
        text(self.now())
    }

    /// Puts a manual clock to a time. The machine's clock is left alone.
    pub fn set(&self, to: Timestamp) {
        if let Source::Manual(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = whole(to);
        }
    }

    /// Puts a manual clock forward. The machine's clock is left alone.
    pub fn advance(&self, by: SignedDuration) {
        self.set(self.now().saturating_add(by).unwrap_or(Timestamp::MAX));
    }
}

/// Writes a moment: RFC 3339, UTC, milliseconds, always 24 characters (`2026-01-31T09:30:00.000Z`).
#[must_use]
pub fn text(at: Timestamp) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let mut text = String::with_capacity(24);
    // Printing to a String cannot fail; and if it did, nothing sensible could be stored.
    PRINTER.print_timestamp(&whole(at), &mut text).unwrap_or_default();
    text
}

/// Reads a moment from any RFC 3339 text, cut to whole milliseconds.
///
/// # Errors
/// What is wrong with the text.
pub fn parse(text: &str) -> Result<Timestamp, jiff::Error> {
    text.parse().map(whole)
}

/// A moment as the flow carries it.
#[must_use]
pub fn instant(at: Timestamp) -> flow::Instant {
    flow::Instant(text(at))
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_of_fixed_width_and_reads_back() {
        for (given, written) in [
            ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"),
            ("2026-01-31T09:30:00.1239Z", "2026-01-31T09:30:00.123Z"),
            ("2026-01-31T09:30:00.5+02:00", "2026-01-31T07:30:00.500Z"),
        ] {
            let at = parse(given).unwrap();
            assert_eq!(text(at), written);
            assert_eq!(parse(written).unwrap(), at);
        }
    }

    #[test]
    fn a_manual_clock_moves_only_when_told_and_for_all_its_clones() {
        let clock = Clock::manual(parse("2026-01-31T09:30:00Z").unwrap());
        let other = clock.clone();
        assert_eq!(clock.now_text(), "2026-01-31T09:30:00.000Z");
        other.advance(SignedDuration::from_secs(90));
        assert_eq!(clock.now_text(), "2026-01-31T09:31:30.000Z");
    }
}
