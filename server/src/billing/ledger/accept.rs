//! What an accepted offer changes in the ledger.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::subscription::{self, Row};
use crate::{
    billing::{Deal, DiscountTerms, Interval, Length, PlanTerms, Reduction, Span, Terms},
    clock,
    store::{Error, Tx},
};

/// An offer that a customer took.
pub(super) struct Acceptance<'a> {
    /// The idempotency key.
    pub key: &'a str,
    pub brand: &'a str,
    pub row: &'a Row,
    /// The offer's id.
    pub offer: &'a str,
    /// The terms the customer saw.
    pub agreed: Option<&'a Terms>,
    /// The moment of the press.
    pub at: Timestamp,
    pub now: Timestamp,
}

/// Why nothing was changed, if nothing was.
type Refused = Option<&'static str>;

impl Acceptance<'_> {
    /// Does what the offer promised.
    pub(super) async fn carry_out(&self, tx: &mut Tx, deal: &Deal) -> Result<Refused, Error> {
        if !self.row.can_be_canceled(self.now) {
            return Ok(Some("the subscription is already canceled"));
        }
        let (start, terms) = self.row.period(self.at);
        if self.agreed.is_some_and(|agreed| *agreed != terms) {
            return Ok(Some("the subscription's terms have changed since the offer was made"));
        }
        match deal {
            Deal::Discount(discount) => self.discount(tx, discount, &terms).await,
            Deal::Pause(length) => self.pause(tx, *length, start, &terms).await,
            Deal::ChangePlan(plan) => self.change_plan(tx, plan, &terms).await,
            Deal::ExtendTrial { days } => self.extend_trial(tx, *days, &terms).await,
            Deal::Custom => Ok(Some("the ledger does nothing that is the merchant's")),
        }
    }

    async fn discount(&self, tx: &mut Tx, discount: &DiscountTerms, terms: &Terms) -> Result<Refused, Error> {
        let row = self.row.id;
        if !self.row.can(self.at).discount {
            return Ok(Some("a discount cannot be applied now"));
        }
        if !discount.in_range() || discount.off.applied_to(terms.amount, &terms.currency).is_none() {
            return Ok(Some("the discount cannot be applied to this subscription"));
        }
        let running = subscription::discounts(&mut *tx, row, self.now).await?;
        if running.iter().any(|running| running.offer == self.offer) {
            return Ok(Some("the same offer already runs on this subscription"));
        }
        let ends_at = terms.discount_ends_at(discount.lasts);
        let (duration, months) = match discount.lasts {
            Span::Once => ("once", None),
            Span::Months(months) => ("repeating", Some(months)),
            Span::Forever => ("forever", None),
        };
        if ends_at.is_none() && discount.lasts != Span::Forever {
            return Ok(Some("the discount would end beyond the end of the calendar"));
        }
        let (percent_off, amount_off, currency) = match &discount.off {
            Reduction::Percent(percent) => (Some(*percent), None, None),
            Reduction::Amount { amount, currency } => (None, Some(*amount), Some(currency)),
        };
        sqlx::query(
            "INSERT INTO ledger_discounts (subscription_id, offer, percent_off, amount_off, currency, duration, months, \
             starts_at, ends_at, created_at, operation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(row)
        .bind(self.offer)
        .bind(percent_off)
        .bind(amount_off)
        .bind(currency)
        .bind(duration)
        .bind(months)
        .bind(clock::text(terms.current_period_end))
        .bind(ends_at.map(clock::text))
        .bind(clock::text(self.now))
        .bind(self.key)
        .execute(tx)
        .await?;
        Ok(None)
    }

    /// The row then holds the period whose payment comes later, and when what is paid for ends.
    async fn pause(
        &self,
        tx: &mut Tx,
        length: Length,
        start: Timestamp,
        terms: &Terms,
    ) -> Result<Refused, Error> {
        if !self.row.can(self.at).pause {
            return Ok(Some("the subscription cannot be paused now"));
        }
        let from = terms.current_period_end;
        let Some(until) = length.after(from) else {
            return Ok(Some("the pause would end beyond the end of the calendar"));
        };
        sqlx::query(
            "UPDATE ledger_subscriptions SET current_period_start = $1, current_period_end = $2, anchor_day = $3, \
             paused_from = $4, paused_until = $2 WHERE id = $5",
        )
        .bind(clock::text(start))
        .bind(clock::text(until))
        .bind(day(until))
        .bind(clock::text(from))
        .bind(self.row.id)
        .execute(tx)
        .await?;
        Ok(None)
    }

    async fn change_plan(&self, tx: &mut Tx, plan: &PlanTerms, terms: &Terms) -> Result<Refused, Error> {
        if !self.row.can(self.at).change_plan {
            return Ok(Some("the plan cannot be changed now"));
        }
        let Some((id, now)) = super::plan::named(&mut *tx, self.brand, &plan.id).await? else {
            return Ok(Some("there is no such plan any more"));
        };
        if now.price != plan.price {
            return Ok(Some("the plan's price has changed since the offer was made"));
        }
        if now.price.is_some_and(|price| price.currency != terms.currency) || plan.id == terms.plan {
            return Ok(Some("the subscription cannot change to this plan"));
        }
        // Payments by days and weeks keep no day of the month: the new plan's keep that of its first.
        let anchor_day = match terms.cycle.interval {
            Interval::Day | Interval::Week => day(terms.current_period_end),
            Interval::Month | Interval::Year => terms.cycle.anchor_day,
        };
        sqlx::query("UPDATE ledger_subscriptions SET next_plan_id = $1, next_plan_from = $2, anchor_day = $3 WHERE id = $4")
            .bind(id)
            .bind(clock::text(terms.current_period_end))
            .bind(anchor_day)
            .bind(self.row.id)
            .execute(tx)
            .await?;
        Ok(None)
    }

    async fn extend_trial(&self, tx: &mut Tx, days: u32, terms: &Terms) -> Result<Refused, Error> {
        if !self.row.can(self.at).extend_trial {
            return Ok(Some("there is no trial that could be extended"));
        }
        let Ok(end) = terms.current_period_end.checked_add(trial(days)) else {
            return Ok(Some("the trial would end beyond the end of the calendar"));
        };
        sqlx::query(
            "UPDATE ledger_subscriptions SET current_period_end = $1, trial_ends_at = $1, anchor_day = $2 WHERE id = $3",
        )
        .bind(clock::text(end))
        .bind(day(end))
        .bind(self.row.id)
        .execute(tx)
        .await?;
        Ok(None)
    }
}

/// How much later a trial ends. In UTC every day has 24 hours.
pub(super) fn trial(days: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(days) * 24)
}

fn day(moment: Timestamp) -> i8 {
    moment.to_zoned(TimeZone::UTC).day()
}
