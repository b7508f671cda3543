//! Another plan at once.

use jiff::Timestamp;

use super::book::{self, Charge};
use super::coupon::unavailable;
use super::plan::Plan;
use super::quote::Subject;
use crate::billing::{Change, Quote, QuoteError, Terms};
use crate::clock;
use crate::store::{Error, Tx};

/// What is left of a payment for the rest of its period, rounded half up to a minor unit. All of it before the period, nothing
/// after it.
pub(super) fn unused(paid: i64, start: Timestamp, end: Timestamp, at: Timestamp) -> i64 {
    let seconds = |from: Timestamp, to: Timestamp| i128::from(to.as_second()) - i128::from(from.as_second());
    let whole = seconds(start, end).max(1);
    let left = seconds(at, end).clamp(0, whole);
    i64::try_from((2 * i128::from(paid) * left + whole) / (2 * whole)).unwrap_or(paid)
}

/// What a change of plan at once is made of.
pub(super) struct Switch {
    pub plan: Plan,
    pub anchor_day: i8,
    /// The period that begins.
    pub terms: Terms,
    /// What the new plan costs now, discounts taken off.
    price: i64,
    /// What is taken off that.
    credit: i64,
}

impl Subject<'_> {
    /// Works out what a change to a plan at a moment would mean.
    pub(super) async fn switch(&self, tx: &mut Tx, id: &str, at: Timestamp) -> Result<Switch, QuoteError> {
        let period = self.row.period_at(at);
        let plan = Plan::open_to(tx, self.realm, &self.row.customer, id).await?;
        if plan.external_id == period.terms.plan {
            return Err(QuoteError::SamePlan);
        }
        if plan.price.currency != period.terms.currency {
            return Err(QuoteError::PlanOtherCurrency);
        }
        if !self.row.can(at).switch {
            return Err(QuoteError::NotNow("another change is agreed already, or it ends"));
        }
        if !self.discounts.is_empty() {
            // It was promised for payments of the plan there is.
            return Err(QuoteError::NotNow("a discount runs, and another plan begins with the next payment"));
        }
        let anchor_day = super::day(at);
        let terms = plan.period(at, anchor_day, period.quantity);
        let terms = terms.ok_or(QuoteError::NotNow("the plan costs more than can be counted"))?;
        let all = book::all_discounts(&mut *tx, self.row.id).await.map_err(unavailable)?;
        let paid = match book::paid_at(tx, self.row.id, period.start).await.map_err(unavailable)? {
            Some(paid) => paid,
            None => period.terms.payment(period.start, &all),
        };
        let credit = unused(paid, period.start, period.terms.current_period_end, at);
        let price = terms.payment(at, &all);
        if price < credit {
            return Err(QuoteError::NotNow("what is paid for is worth more than the plan costs"));
        }
        Ok(Switch { plan, anchor_day, terms, price, credit })
    }
}

impl Switch {
    /// What it would mean, for a customer who agrees to it.
    pub(super) fn quote(&self, agreed: Terms, at: Timestamp) -> Quote {
        let due = self.price - self.credit;
        let end = self.terms.current_period_end;
        Quote {
            change: Change::Switch { plan: self.plan.terms(), at, due, agreed },
            due_now: Some(self.terms.money(due)),
            next_payment: Some((self.terms.price(), end)),
            then: None,
            term: Some((at, end)),
        }
    }

    /// Writes it, into a row that is settled.
    pub(super) async fn write(&self, tx: &mut Tx, subscription: i64, at: Timestamp) -> Result<(), Error> {
        let end = self.terms.current_period_end;
        let charge = Charge {
            number: book::number(subscription, at),
            at,
            plan: self.terms.plan_name.clone(),
            total: self.price - self.credit,
            credit: self.credit,
            currency: self.terms.currency.clone(),
            period_end: end,
        };
        book::write(&mut *tx, subscription, &charge).await?;
        sqlx::query(
            "UPDATE ledger_subscriptions SET plan_id = $1, current_period_start = $2, current_period_end = $3, \
             anchor_day = $4, booked_until = $2 WHERE id = $5",
        )
        .bind(self.plan.id)
        .bind(clock::text(at))
        .bind(clock::text(end))
        .bind(self.anchor_day)
        .bind(subscription)
        .execute(tx)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_unused_part_is_by_the_second_and_rounded_half_up() {
        let unused = |paid, at| unused(paid, second(0), second(100), second(at));
        assert_eq!([0, 50, 100, 150].map(|at| unused(1000, at)), [1000, 500, 0, 0]);
        assert_eq!(unused(1, 50), 1);
        assert_eq!(unused(1, 51), 0);
        assert_eq!(unused(i64::MAX, 0), i64::MAX);
    }
}
