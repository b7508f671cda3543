use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

pub use flow::Interval;

/// How often a subscription is paid, and on which day of the month.
///
/// A payment keeps its day: one that falls on the 31st falls on the last day of a shorter month, and on the 31st again after it.
/// All in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// The unit.
    pub interval: Interval,
    /// How many units lie between two payments. At least 1.
    pub interval_count: u32,
    /// The day of the month payments fall on, 1 to 31. Means nothing for days and weeks.
    pub anchor_day: i8,
}

impl Cycle {
    /// The payment that many payments after the one at `payment`. None beyond the end of the calendar.
    #[must_use]
    pub fn after(&self, payment: Timestamp, payments: u32) -> Option<Timestamp> {
        self.away(payment, i64::from(payments))
    }

    /// The payment before the one at `payment`. None before the beginning of the calendar.
    #[must_use]
    pub fn before(&self, payment: Timestamp) -> Option<Timestamp> {
        self.away(payment, -1)
    }

    /// How many payments after the one at `payment` fall at or before a moment. As quick for a century as for a month.
    #[must_use]
    pub fn payments(&self, payment: Timestamp, upto: Timestamp) -> u32 {
        let mut payments = self.whole_units(payment, upto) / self.interval_count.max(1);
        while self.after(payment, payments + 1).is_some_and(|next| next <= upto) {
            payments += 1;
        }
        payments
    }

    /// How many units after a payment surely lie at or before a moment: as many, or up to two fewer.
    fn whole_units(&self, payment: Timestamp, upto: Timestamp) -> u32 {
        let days = upto.duration_since(payment).as_secs() / (24 * 60 * 60);
        let [from, to] = [payment, upto].map(|at| at.to_zoned(TimeZone::UTC).date());
        let years = i64::from(to.year()) - i64::from(from.year());
        // A payment at the end of its month may fall behind the moment's day in the moment's own.
        let months = years * 12 + i64::from(to.month()) - i64::from(from.month()) - 1;
        let units = match self.interval {
            Interval::Day => days,
            Interval::Week => days / 7,
            Interval::Month => months,
            Interval::Year => months / 12,
        };
        u32::try_from(units).unwrap_or_default()
    }

    fn away(&self, payment: Timestamp, payments: i64) -> Option<Timestamp> {
        let step = i64::from(self.interval_count).checked_mul(payments)?;
        match self.interval {
            Interval::Day => days_after(payment, step),
            Interval::Week => days_after(payment, step.checked_mul(7)?),
            Interval::Month => months_after(payment, step, self.anchor_day),
            Interval::Year => months_after(payment, step.checked_mul(12)?, self.anchor_day),
        }
    }

    /// The first payment after the one at `payment` that is not earlier than `months` months after it.
    ///
    /// None beyond the end of the calendar.
    #[must_use]
    pub fn after_months(&self, payment: Timestamp, months: u32) -> Option<Timestamp> {
        let payments = match self.interval {
            Interval::Month => months.div_ceil(self.interval_count),
            Interval::Year => months.div_ceil(self.interval_count.checked_mul(12)?),
            Interval::Day | Interval::Week => {
                let day = payment.to_zoned(TimeZone::UTC).day();
                let end = months_after(payment, months.into(), day)?;
                let days = end.duration_since(payment).as_secs() / (24 * 60 * 60);
                let week = if self.interval == Interval::Week { 7 } else { 1 };
                u32::try_from(days).ok()?.div_ceil(self.interval_count.checked_mul(week)?)
            }
        };
        self.after(payment, payments.max(1))
    }
}

fn days_after(from: Timestamp, days: i64) -> Option<Timestamp> {
    // In UTC every day has 24 hours.
    from.checked_add(Span::new().try_hours(days.checked_mul(24)?).ok()?).ok()
}

/// The same time of day, months later, on a day of the month or the last one before it.
fn months_after(from: Timestamp, months: i64, day: i8) -> Option<Timestamp> {
    let from = from.to_zoned(TimeZone::UTC);
    let month = from.date().first_of_month().checked_add(Span::new().try_months(months).ok()?).ok()?;
    let date = Date::new(month.year(), month.month(), day.clamp(1, month.days_in_month())).ok()?;
    date.to_datetime(from.time()).to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}
