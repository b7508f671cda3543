//! What an accepted offer changes in the ledger.

use jiff::{SignedDuration, Timestamp};

use super::coupon::{self, Coupon, Freed};
use super::realm::Realm;
use super::subscription::{self, Row};
use super::{day, plan};
use crate::{
    billing::{
        Deal, DiscountTerms, Interval, Length, LookupError, PlanTerms, QuoteError, RunningDiscount, Span,
        Terms,
    },
    clock,
    store::{Error, Tx},
};

/// An offer that a customer took.
pub(super) struct Acceptance<'a> {
    /// The idempotency key.
    pub key: &'a str,
    pub realm: &'a Realm,
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
        if ends_at.is_none() && discount.lasts != Span::Forever {
            return Ok(Some("the discount would end beyond the end of the calendar"));
        }
        let granted = RunningDiscount {
            offer: self.offer.into(),
            off: discount.off.clone(),
            starts_at: terms.current_period_end,
            ends_at,
        };
        if let Some(code) = self.offer.strip_prefix(coupon::OFFER) {
            let Some(plan) = plan::named(&mut *tx, &self.realm.brand, &terms.plan).await? else {
                return Ok(Some("the plan is not there any more"));
            };
            let found =
                Coupon::usable(tx, self.realm, &self.row.customer, code, &plan, Freed::Nothing, self.now)
                    .await;
            return match found {
                Ok(coupon) if coupon.terms == *discount => {
                    coupon.grant(tx, row, None, &granted, self.key, self.now).await?;
                    Ok(None)
                }
                Err(QuoteError::Lookup(LookupError::Unavailable(why))) => Err(Error::Malformed(why)),
                _ => Ok(Some("the coupon cannot be used any more")),
            };
        }
        coupon::grant(tx, row, &granted, discount.lasts, self.key, self.now).await?;
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
             paused_from = $4, paused_until = $2, anchor_before_pause = anchor_day WHERE id = $5",
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
        let Some(now) = plan::named(&mut *tx, &self.realm.brand, &plan.id).await? else {
            return Ok(Some("there is no such plan any more"));
        };
        if Some(&now.price) != plan.price.as_ref() {
            return Ok(Some("the plan's price has changed since the offer was made"));
        }
        if now.price.currency != terms.currency || plan.id == terms.plan {
            return Ok(Some("the subscription cannot change to this plan"));
        }
        let from = terms.current_period_end;
        if coupon::keeps_to_another_plan(tx, self.row.id, now.id, from, Freed::Nothing).await? {
            return Ok(Some("a coupon runs that is not for this plan"));
        }
        // Payments by days and weeks keep no day of the month: the new plan's keep that of its first.
        let anchor_day = match terms.cycle.interval {
            Interval::Day | Interval::Week => day(terms.current_period_end),
            Interval::Month | Interval::Year => terms.cycle.anchor_day,
        };
        sqlx::query(
            "INSERT INTO ledger_phases (subscription_id, plan_id, quantity, starts_at, anchor_day, created_at, operation) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.row.id)
        .bind(now.id)
        .bind(self.row.quantity)
        .bind(clock::text(terms.current_period_end))
        .bind(anchor_day)
        .bind(clock::text(self.now))
        .bind(self.key)
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
