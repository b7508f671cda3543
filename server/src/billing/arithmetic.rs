//! What a payment costs, in whole minor units.

use jiff::Timestamp;

use super::{DiscountTerms, Preview, Reduction, RunningDiscount, Snapshot, Span, Terms};

impl Reduction {
    /// What is left of a payment. None when the reduction is in another currency.
    ///
    /// Never negative and never more than before. Of a higher payment never less is left than of a lower one, so an offer's
    /// price holds also when another discount is applied before it.
    #[must_use]
    pub fn applied_to(&self, amount: i64, currency: &str) -> Option<i64> {
        match self {
            Self::Percent(percent) => {
                let off = (i128::from(amount) * i128::from((*percent).min(100)) + 50) / 100;
                i64::try_from(i128::from(amount) - off).ok()
            }
            Self::Amount { amount: off, currency: theirs } => {
                (theirs == currency).then(|| amount.saturating_sub((*off).max(0)).max(0))
            }
        }
    }
}

impl Terms {
    /// What the payment at a moment costs under these discounts, applied in their order. One in another currency takes nothing off.
    #[must_use]
    pub fn payment(&self, at: Timestamp, discounts: &[RunningDiscount]) -> i64 {
        let covering = discounts.iter().filter(|discount| discount.covers(at));
        covering.fold(self.amount, |amount, discount| {
            discount.off.applied_to(amount, &self.currency).unwrap_or(amount)
        })
    }

    /// When a discount granted now ends: the first payment that is not lower any more. None when it never ends, and beyond the
    /// end of the calendar.
    #[must_use]
    pub fn discount_ends_at(&self, lasts: Span) -> Option<Timestamp> {
        match lasts {
            Span::Once => self.cycle.after(self.current_period_end, 1),
            Span::Months(months) => self.cycle.after_months(self.current_period_end, months),
            Span::Forever => None,
        }
    }
}

impl Snapshot {
    /// What accepting a discount would mean: the next payment with it, and the first payment after it has ended.
    ///
    /// Discounts that already run are counted in. For a discount that does not end, `returns_to` is what the next payment
    /// would cost without it. None where the price is not known, and when the discount cannot be applied to it.
    #[must_use]
    pub fn preview(&self, discount: &DiscountTerms) -> Option<Preview> {
        let terms = self.terms.as_ref().filter(|_| self.can.discount && discount.in_range())?;
        let next = terms.current_period_end;
        let without = terms.payment(next, &self.discounts);
        let price = discount.off.applied_to(without, &terms.currency)?;
        let returns_at = terms.discount_ends_at(discount.lasts);
        if returns_at.is_none() && discount.lasts != Span::Forever {
            return None;
        }
        let returns_to = returns_at.map_or(without, |at| terms.payment(at, &self.discounts));
        Some(Preview { price: terms.money(price), at: next, returns_to: terms.money(returns_to), returns_at })
    }
}
