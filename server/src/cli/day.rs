use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock;

/// Reads a day, which begins at midnight UTC, or a moment.
///
/// # Errors
/// A sentence that says what would be right.
pub(super) fn day(text: &str) -> Result<Timestamp, String> {
    let day = text.parse::<Date>().ok().filter(|_| !text.contains('T'));
    match day.and_then(|day| day.to_zoned(TimeZone::UTC).ok()) {
        Some(midnight) => Ok(midnight.timestamp()),
        None => clock::parse(text).map_err(|_| {
            "write a day, such as 2026-11-21, which begins at midnight UTC, or a moment, such as 2026-11-21T09:30:00Z"
                .into()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc_and_a_moment_is_itself() {
        let text = |given| day(given).map(clock::text);
        assert_eq!(text("2026-11-21").as_deref(), Ok("2026-11-21T00:00:00.000Z"));
        assert_eq!(text("2026-11-21T09:30:00+01:00").as_deref(), Ok("2026-11-21T08:30:00.000Z"));
        for wrong in ["yesterday", "21.11.2026", "2026-02-30", "2026-11-21T09:30:00"] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
