//! A subscription of Pelcro's, as billing knows subscriptions.

use flow::Money;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::object::{CouponName, Item, Phase, Plan, PlanOrId, Subscription};
use crate::billing::{Can, Cycle, Holding, Interval, MOST_PHASES, PlanPrice, PlanTerms, Terms};

/// A term begins when the one before ends. The two are not always written to the same second.
const SAME_MOMENT: SignedDuration = SignedDuration::from_hours(1);

/// Whether a term is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    /// It is.
    Yes,
    /// It is, and Pelcro does not say with which coupon.
    WithSomeCoupon,
    /// It is not.
    No,
}

impl Plan {
    /// What it costs. None where that is not one amount in one rhythm.
    pub(super) fn price(&self) -> Option<PlanPrice> {
        Some(PlanPrice {
            amount: self.amount.filter(|amount| *amount >= 0)?,
            currency: self.currency.as_ref()?.to_ascii_uppercase(),
            interval: Interval::named(self.interval.as_deref()?)?,
            interval_count: u32::try_from(self.interval_count.unwrap_or(1))
                .ok()
                .filter(|count| *count > 0)?,
        })
    }

    pub(super) fn name(&self) -> &str {
        self.nickname.as_deref().unwrap_or(&self.id.0)
    }

    pub(super) fn terms(&self) -> PlanTerms {
        PlanTerms { id: self.id.0.clone(), name: self.name().into(), price: self.price() }
    }
}

impl Subscription {
    /// Whether it is over.
    pub(super) fn ended(&self) -> bool {
        matches!(self.status.as_deref(), Some("canceled" | "expired" | "ended" | "incomplete_expired"))
    }

    /// Whether somebody has canceled it.
    pub(super) fn is_canceled(&self) -> bool {
        self.cancel_at_period_end == Some(true) || self.cancel_at.is_some()
    }

    fn auto_renews(&self) -> Option<bool> {
        self.auto_renew.or(self.plan.as_ref().and_then(|plan| plan.auto_renew))
    }

    fn phases(&self) -> &[Phase] {
        self.schedule.as_ref().map(|schedule| schedule.phases.as_slice()).unwrap_or_default()
    }

    /// Terms that have not begun.
    pub(super) fn upcoming(&self, now: Timestamp) -> impl Iterator<Item = &Phase> {
        self.phases().iter().filter(move |phase| phase.start_date.is_some_and(|start| now < start))
    }

    /// Whether it ends by itself, where nobody does anything.
    fn ends_by_itself(&self, now: Timestamp) -> bool {
        self.auto_renews() == Some(false) && self.upcoming(now).next().is_none()
    }

    /// Whether it goes on, and can be kept from it. Where Pelcro does not say, it can.
    pub(super) fn can_be_canceled(&self, now: Timestamp) -> bool {
        !self.ended() && !self.is_canceled() && !self.ends_by_itself(now)
    }

    /// Whether a payment may be lower than a plan's price.
    fn has_coupon(&self) -> bool {
        self.coupon.is_some() || self.phases().iter().any(|phase| phase.coupon.is_some())
    }

    /// Whether a term of this plan begins at a moment, with this coupon.
    pub(super) fn term(&self, plan: &str, start: Timestamp, coupon: Option<&str>) -> There {
        let begins = |phase: &&Phase| {
            phase.start_date.is_some_and(|begins| begins.duration_since(start).abs() <= SAME_MOMENT)
                && phase.plans.iter().any(|item| item.plan.id() == plan)
        };
        let Some(phase) = self.phases().iter().find(begins) else { return There::No };
        let Some(coupon) = coupon else { return There::Yes };
        let is = |named: &CouponName| named.is(coupon);
        match (&phase.coupon, &self.coupon) {
            (Some(named), _) if is(named) => There::Yes,
            (Some(CouponName::Code(_) | CouponName::Whole { .. }), _) => There::No,
            (_, Some(named)) if is(named) => There::Yes,
            _ => There::WithSomeCoupon,
        }
    }

    fn quantity(&self) -> Option<i64> {
        Some(self.quantity.unwrap_or(1)).filter(|quantity| *quantity > 0)
    }

    /// What it costs and when. None where that is not one amount in one rhythm.
    pub(super) fn terms(&self) -> Option<Terms> {
        let plan = self.plan.as_ref()?;
        let PlanPrice { amount, currency, interval, interval_count } = plan.price()?;
        let end = self.current_period_end?;
        let day = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).day();
        Some(Terms {
            plan: plan.id.0.clone(),
            plan_name: plan.name().into(),
            amount: amount.checked_mul(self.quantity()?)?,
            currency,
            cycle: Cycle {
                interval,
                interval_count,
                anchor_day: day(self.current_period_start.unwrap_or(end)).max(day(end)),
            },
            current_period_end: end,
        })
    }

    /// When a trial that runs ends.
    pub(super) fn trial(&self, now: Timestamp) -> Option<Timestamp> {
        self.trial_end.filter(|end| now < *end)
    }

    /// When the contract began, as far as Pelcro says.
    pub(super) fn began_at(&self) -> Option<Timestamp> {
        self.created_at.into_iter().chain(self.current_period_start).min()
    }

    /// When it ends or ended. None: it goes on.
    fn ends_at(&self, now: Timestamp) -> Option<Timestamp> {
        let by_itself = self.expires_at.or(self.end_date).or(self.current_period_end);
        match self.cancel_at {
            Some(end) => Some(end),
            None if self.is_canceled() => self.current_period_end,
            None if self.ended() || self.ends_by_itself(now) => by_itself,
            None => None,
        }
    }

    /// What can be done with it.
    pub(super) fn can(&self, now: Timestamp) -> Can {
        let cancel = self.can_be_canceled(now);
        let terms = self.terms().filter(|_| cancel);
        Can {
            cancel,
            undo: cancel && self.auto_renews() != Some(false),
            // What another coupon makes of a payment nobody says in advance.
            discount: terms.as_ref().is_some_and(|terms| terms.amount > 0) && !self.has_coupon(),
            change_plan: terms.is_some(),
            renew: !self.ended()
                && !self.is_canceled()
                && self.auto_renews() == Some(false)
                && self.upcoming(now).count() + 2 <= MOST_PHASES,
            ..Can::default()
        }
    }

    /// The next payment, where it is known.
    fn next_payment(&self, now: Timestamp) -> Option<(Money, Timestamp)> {
        let terms = self.terms().filter(|_| !self.ended() && !self.has_coupon())?;
        let due = terms.current_period_end;
        if self.ends_at(now).is_some_and(|end| end <= due) {
            return None;
        }
        let amount = match self.next_item(now) {
            None => terms.amount,
            Some(item) => match &item.plan {
                PlanOrId::Plan(plan) => {
                    let price = plan.price().filter(|price| price.currency == terms.currency)?;
                    price.amount.checked_mul(item.quantity.unwrap_or(1))?
                }
                PlanOrId::Id(id) if id.0 == terms.plan => terms.amount,
                PlanOrId::Id(_) => return None,
            },
        };
        Some((terms.money(amount), due))
    }

    fn next_item(&self, now: Timestamp) -> Option<&Item> {
        let next = self.upcoming(now).min_by_key(|phase| phase.start_date)?;
        next.plans.first()
    }

    /// What the customer has with it.
    pub(super) fn holding(&self, now: Timestamp) -> Holding {
        let next_plan = self.upcoming(now).min_by_key(|phase| phase.start_date).and_then(|phase| {
            let PlanOrId::Plan(plan) = &phase.plans.first()?.plan else { return None };
            let other = self.plan.as_ref().is_none_or(|now| now.id != plan.id);
            other.then_some((plan.name().to_owned(), phase.start_date?))
        });
        Holding {
            id: Some(self.id.0.clone()),
            terms: self.terms(),
            next_payment: self.next_payment(now),
            ends_at: self.ends_at(now),
            ended: self.ended(),
            next_plan: next_plan.filter(|_| !self.is_canceled()),
            pause: None,
            trial_ends_at: self.trial(now),
            can: self.can(now),
        }
    }
}
