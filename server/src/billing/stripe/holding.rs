//! A subscription of Stripe's, as billing knows subscriptions.

use flow::Money;
use jiff::{Timestamp, tz::TimeZone};

use super::mark::Marks;
use super::object::{Discount, Item, Product, Subscription};
use crate::billing::{Can, Cycle, Holding, Interval, Pause, Reduction, RunningDiscount, Terms};

/// What coupons made here begin with. The offer follows, and what it takes off.
pub(super) const COUPON: &str = "farewell_";

/// What is paid, and how often.
pub(super) struct Rate<'s> {
    /// Id of the price.
    pub plan: &'s str,
    pub nickname: Option<&'s str>,
    pub product: Option<&'s Product>,
    /// Of one payment, all pieces of it.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    pub interval: Interval,
    pub interval_count: u32,
}

/// Currencies whose minor units are others at Stripe than in ISO 4217: what Stripe says cannot be shown as it is.
/// <https://docs.stripe.com/currencies#special-cases>
pub(super) fn counts_otherwise(currency: &str) -> bool {
    ["isk", "ugx", "mga"].iter().any(|other| currency.eq_ignore_ascii_case(other))
}

impl Item {
    /// What is paid for it. None where nobody can say in advance: by use, in tiers, in fractions of minor units, or in a currency
    /// with minor units of Stripe's own.
    pub(super) fn rate(&self) -> Option<Rate<'_>> {
        let currency = self.price.as_ref().map(|price| &price.currency);
        let currency = currency.or(self.plan.as_ref().map(|plan| &plan.currency))?;
        if counts_otherwise(currency) {
            return None;
        }
        let quantity = i64::from(self.quantity.unwrap_or(1));
        if let Some(price) = &self.price {
            let recurring = price.recurring.as_ref()?;
            return Some(Rate {
                plan: &price.id,
                nickname: price.nickname.as_deref(),
                product: price.product.as_ref(),
                amount: price
                    .unit_amount
                    .filter(|_| licensed(recurring.usage_type.as_deref()))?
                    .checked_mul(quantity)?,
                currency: price.currency.to_ascii_uppercase(),
                interval: Interval::named(&recurring.interval)?,
                interval_count: recurring.interval_count,
            });
        }
        let plan = self.plan.as_ref()?;
        Some(Rate {
            plan: &plan.id,
            nickname: plan.nickname.as_deref(),
            product: plan.product.as_ref(),
            amount: plan.amount.filter(|_| licensed(plan.usage_type.as_deref()))?.checked_mul(quantity)?,
            currency: plan.currency.to_ascii_uppercase(),
            interval: Interval::named(&plan.interval)?,
            interval_count: plan.interval_count,
        })
    }
}

fn licensed(usage: Option<&str>) -> bool {
    usage.is_none_or(|usage| usage == "licensed")
}

/// A moment of Stripe's.
pub(super) fn moment(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok()
}

impl Subscription {
    /// The product whose name is what the subscription is called. None where its price has a name, or is none that is known.
    pub(super) fn unnamed(&self) -> Option<&str> {
        match self.item()?.rate().filter(|rate| rate.nickname.is_none())?.product? {
            Product::Id(id) => Some(id),
            Product::Whole { .. } => None,
        }
    }

    /// The one thing that is paid for. None where there are several.
    pub(super) fn item(&self) -> Option<&Item> {
        match self.items.data.as_slice() {
            [only] if !self.items.has_more => Some(only),
            _ => None,
        }
    }

    /// Whether it is over.
    pub(super) fn ended(&self) -> bool {
        matches!(self.status.as_str(), "canceled" | "incomplete_expired") || self.ended_at.is_some()
    }

    /// Whether it goes on and nobody has canceled it yet.
    pub(super) fn can_be_canceled(&self) -> bool {
        !self.ended() && !self.cancel_at_period_end && self.cancel_at.is_none()
    }

    /// When the period that is paid for ends, as Stripe counts.
    pub(super) fn period_end(&self) -> Option<Timestamp> {
        let of_item = || self.items.data.first().and_then(|item| item.current_period_end);
        moment(self.current_period_end.or_else(of_item)?)
    }

    /// A pause that was agreed here and is not over.
    pub(super) fn pause(&self, now: Timestamp) -> Option<Pause> {
        let pause = Marks::of(self).pause?;
        // It may have been ended in Stripe.
        let holds = self.pause_collection.is_some() || self.trial_end.and_then(moment) == Some(pause.until);
        Some(pause).filter(|pause| holds && now < pause.until)
    }

    /// When a trial that runs ends.
    pub(super) fn trial(&self, now: Timestamp) -> Option<Timestamp> {
        if self.pause(now).is_some() {
            return None;
        }
        self.trial_end.and_then(moment).filter(|end| now < *end)
    }

    /// When it ends or ended.
    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        let at_period_end = self.cancel_at_period_end.then(|| self.period_end()).flatten();
        self.ended_at.or(self.cancel_at).and_then(moment).or(at_period_end)
    }

    /// What it costs and when. None where that is not one amount in one rhythm. The name is that of the price, or of the product
    /// where `name` is it.
    pub(super) fn terms(&self, name: Option<&str>, now: Timestamp) -> Option<Terms> {
        let rate = self.item()?.rate()?;
        let end = self.pause(now).map_or_else(|| self.period_end(), |pause| Some(pause.until))?;
        let anchor = self.billing_cycle_anchor.and_then(moment).unwrap_or(end);
        let day = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).day();
        let product = match rate.product {
            Some(Product::Whole { name }) => Some(name.as_str()),
            _ => name,
        };
        Some(Terms {
            plan: rate.plan.into(),
            plan_name: rate.nickname.or(product).unwrap_or(rate.plan).into(),
            amount: rate.amount,
            currency: rate.currency,
            cycle: Cycle {
                interval: rate.interval,
                interval_count: rate.interval_count,
                anchor_day: day(anchor).max(day(end)),
            },
            current_period_end: end,
        })
    }

    /// Discounts that have not ended. None where one cannot be counted in whole percent.
    pub(super) fn running(&self, now: Timestamp) -> Option<Vec<RunningDiscount>> {
        let counts = |discount: &&Discount| discount.end.and_then(moment).is_none_or(|end| now < end);
        self.discounts.iter().filter(counts).map(Discount::running).collect()
    }

    /// What can be done with it.
    pub(super) fn can(&self, now: Timestamp) -> Can {
        let cancel = self.can_be_canceled();
        // A schedule of the merchant's decides what comes: nothing is changed under it.
        let ours = cancel && self.schedule.is_none() && self.running(now).is_some();
        let terms = self.terms(None, now).filter(|_| ours);
        let paid = terms.as_ref().is_some_and(|terms| terms.amount > 0);
        let (trial, settled) = (self.trial(now).is_some(), self.pause(now).is_none());
        Can {
            cancel,
            undo: cancel,
            discount: paid,
            pause: paid && settled && !trial,
            change_plan: terms.is_some() && settled,
            extend_trial: terms.is_some() && settled && trial,
            resume: cancel && !settled,
            switch: terms.is_some() && settled && !trial,
            ..Can::default()
        }
    }

    /// What the customer has with it.
    pub(super) fn holding(&self, name: Option<&str>, now: Timestamp) -> Holding {
        let terms = self.terms(name, now);
        let ends_at = self.ends_at();
        let due = |terms: &Terms| {
            let due = terms.current_period_end;
            let goes_on = !self.ended() && ends_at.is_none_or(|end| due < end);
            let amount = terms.payment(due, &self.running(now)?);
            goes_on.then(|| (Money { amount, currency: terms.currency.clone() }, due))
        };
        Holding {
            id: Some(self.id.clone()),
            next_payment: terms.as_ref().and_then(due),
            terms,
            ends_at,
            ended: self.ended(),
            next_plan: None,
            pause: self.pause(now),
            trial_ends_at: self.trial(now),
            can: self.can(now),
        }
    }
}

impl Discount {
    fn running(&self) -> Option<RunningDiscount> {
        let off = match (self.coupon.percent_off, self.coupon.amount_off, &self.coupon.currency) {
            (Some(percent), None, _) if percent.fract() == 0.0 && (1.0..=100.0).contains(&percent) =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "whole, from 1 to 100"
                )]
                Reduction::Percent(percent as u32)
            }
            (None, Some(amount), Some(currency)) => {
                Reduction::Amount { amount, currency: currency.to_ascii_uppercase() }
            }
            _ => return None,
        };
        Some(RunningDiscount {
            offer: offer(&self.coupon.id).into(),
            off,
            starts_at: moment(self.start)?,
            ends_at: self.end.and_then(moment),
        })
    }
}

/// The offer that a coupon came from; another coupon is its own.
fn offer(coupon: &str) -> &str {
    coupon.strip_prefix(COUPON).and_then(|rest| rest.rsplit_once('_')).map_or(coupon, |(offer, _)| offer)
}
