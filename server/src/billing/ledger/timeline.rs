//! The periods of a subscription, one after the other.

use jiff::Timestamp;

use super::phase::Phase;
use super::subscription::Row;
use crate::billing::Terms;

/// A time that is paid at its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub start: Timestamp,
    /// With the end of the period.
    pub terms: Terms,
    /// How many of the plan.
    pub quantity: i64,
    /// Whether the plan goes on by itself.
    pub auto_renew: bool,
}

impl Row {
    /// The periods from the stored one on, until the subscription ends. What is not to end has periods to the end of the calendar.
    pub(super) fn periods(&self) -> impl Iterator<Item = Period> {
        let stored = self.stored_period();
        let first_end = stored.terms.current_period_end;
        Periods { row: self, end: self.end(), next: Some(self.cut(stored)), chain: 0, first_end }
    }

    /// The paid period a moment is in. Where a subscription is over, its last one.
    pub(super) fn period_at(&self, at: Timestamp) -> Period {
        let mut found = None;
        for period in self.periods() {
            if found.is_some() && period.start > at {
                break;
            }
            found = Some(period);
        }
        found.unwrap_or_else(|| self.stored_period())
    }

    fn stored_period(&self) -> Period {
        Period {
            start: self.current_period_start,
            terms: self.terms.clone(),
            quantity: self.quantity,
            auto_renew: self.auto_renew,
        }
    }

    /// A period, up to where a scheduled term begins within it.
    fn cut(&self, mut period: Period) -> Period {
        let within =
            |phase: &&Phase| period.start < phase.from && phase.from < period.terms.current_period_end;
        if let Some(phase) = self.phases.iter().find(within) {
            period.terms.current_period_end = phase.from;
        }
        period
    }

    /// When it ends, or ended: as was decided, or by itself before that. None: it goes on.
    pub(super) fn end(&self) -> Option<Timestamp> {
        match (self.cancel_at, self.natural_end()) {
            (Some(decided), Some(natural)) => Some(decided.min(natural)),
            (decided, natural) => decided.or(natural),
        }
    }

    /// When what is scheduled ends, if nothing follows by itself.
    fn natural_end(&self) -> Option<Timestamp> {
        match self.phases.last() {
            Some(Phase { auto_renew: true, .. }) => None,
            Some(last) => Some(last.until.unwrap_or(last.terms.current_period_end)),
            None if self.auto_renew => None,
            None => Some(self.terms.current_period_end),
        }
    }
}

struct Periods<'r> {
    row: &'r Row,
    end: Option<Timestamp>,
    next: Option<Period>,
    /// How many periods follow the first of this plan, whose end all others are counted from: so a payment on the 31st stays one.
    chain: u32,
    first_end: Timestamp,
}

impl Iterator for Periods<'_> {
    type Item = Period;

    fn next(&mut self) -> Option<Period> {
        let period = self.next.take()?;
        let start = period.terms.current_period_end;
        let goes_on = self.end.is_none_or(|end| start < end) && !(self.row.ended && self.end.is_none());
        if goes_on {
            self.next = match self.row.phases.iter().find(|phase| phase.from == start) {
                Some(phase) => {
                    (self.chain, self.first_end) = (0, phase.terms.current_period_end);
                    Some(self.row.cut(Period {
                        start,
                        terms: phase.terms.clone(),
                        quantity: phase.quantity,
                        auto_renew: phase.auto_renew,
                    }))
                }
                None => {
                    self.chain += 1;
                    let end = period.terms.cycle.after(self.first_end, self.chain);
                    end.map(|end| {
                        let mut after = period.clone();
                        (after.start, after.terms.current_period_end) = (start, end);
                        self.row.cut(after)
                    })
                }
            };
        }
        Some(period)
    }
}
