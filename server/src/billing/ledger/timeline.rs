//! The periods of a subscription, one after the other.

use jiff::{SignedDuration, Timestamp};

use super::phase::Phase;
use super::subscription::Row;
use crate::billing::Terms;

/// The shortest time there is.
const INSTANT: SignedDuration = SignedDuration::from_nanos(1);

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

/// Periods of one plan, one after the other: from the stored one or from that of a scheduled term, up to the next term.
///
/// Each is found by its number, without those before it: a subscription may have gone on for decades since its row was written.
struct Chain<'r> {
    start: Timestamp,
    /// With the end of the first period, from which all others are counted: so a payment on the 31st stays one.
    terms: &'r Terms,
    quantity: i64,
    auto_renew: bool,
    /// When the next term begins.
    until: Option<Timestamp>,
    /// When the subscription ends.
    end: Option<Timestamp>,
}

impl Chain<'_> {
    /// A period, counted from 0. None beyond the end of the calendar.
    fn period(&self, number: u32) -> Option<Period> {
        let start = match number {
            0 => self.start,
            _ => self.full_end(number - 1)?,
        };
        Some(self.cut(start, self.full_end(number)?))
    }

    /// A period, up to where another term begins within it.
    fn cut(&self, start: Timestamp, full_end: Timestamp) -> Period {
        let end = self.until.map_or(full_end, |until| full_end.min(until));
        let terms = Terms { current_period_end: end, ..self.terms.clone() };
        Period { start, terms, quantity: self.quantity, auto_renew: self.auto_renew }
    }

    /// When a period ends, if no other term begins within it.
    fn full_end(&self, number: u32) -> Option<Timestamp> {
        let first = self.terms.current_period_end;
        if number == 0 { Some(first) } else { self.terms.cycle.after(first, number) }
    }

    /// The number of the last period that begins at or before a moment. The first is there in any case.
    fn last(&self, at: Timestamp) -> u32 {
        let before = |limit: Timestamp| limit.saturating_sub(INSTANT).unwrap_or(limit);
        let at = [self.until, self.end].into_iter().flatten().map(before).fold(at, Timestamp::min);
        let first = self.terms.current_period_end;
        if at < first {
            return 0;
        }
        let number = self.terms.cycle.payments(first, at) + 1;
        if self.full_end(number).is_some() { number } else { number - 1 }
    }
}

impl Row {
    /// The periods that begin up to and with a moment, from the one on that `from` is in; the earliest first.
    pub(super) fn periods(
        &self,
        from: Option<Timestamp>,
        upto: Timestamp,
    ) -> impl DoubleEndedIterator<Item = Period> {
        let chains = self.chains().into_iter().filter(move |chain| chain.start <= upto);
        chains.flat_map(move |chain| {
            let first = from.map_or(0, |from| chain.last(from));
            (first..=chain.last(upto)).filter_map(move |number| chain.period(number))
        })
    }

    /// The paid period a moment is in. Where a subscription is over, its last one.
    pub(super) fn period_at(&self, at: Timestamp) -> Period {
        let chains = self.chains().into_iter();
        let chain = chains.reduce(|before, next| if next.start <= at { next } else { before });
        let chain = chain.unwrap_or_else(|| self.stored_chain());
        let last = chain.period(chain.last(at));
        last.unwrap_or_else(|| chain.cut(chain.start, chain.terms.current_period_end))
    }

    /// The stored period with those that follow it, and the same of every term that begins before the subscription ends.
    fn chains(&self) -> Vec<Chain<'_>> {
        let mut chains = Vec::with_capacity(1 + self.phases.len());
        let mut last = self.stored_chain();
        for phase in &self.phases {
            if phase.from <= last.start {
                continue;
            }
            last.until = Some(phase.from);
            if last.end.is_some_and(|end| end <= phase.from) {
                break;
            }
            let next = Chain {
                start: phase.from,
                terms: &phase.terms,
                quantity: phase.quantity,
                auto_renew: phase.auto_renew,
                until: None,
                end: last.end,
            };
            chains.push(std::mem::replace(&mut last, next));
        }
        chains.push(last);
        chains
    }

    fn stored_chain(&self) -> Chain<'_> {
        Chain {
            start: self.current_period_start,
            terms: &self.terms,
            quantity: self.quantity,
            auto_renew: self.auto_renew,
            until: None,
            // Of what is over nothing follows, also where nobody wrote since when it is.
            end: self.end().or_else(|| self.ended.then_some(self.current_period_start)),
        }
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

#[cfg(test)]
mod tests;
