//! What a change would mean at Pelcro.

use serde_json::json;

use super::Pelcro;
use super::api::Failure;
use super::lookup::lookup_error;
use super::object::{Of, Order, Plan, Subscription};
use super::offer::TYPED;
use super::value::Id;
use crate::billing::{Change, Deal, LookupError, Quote, QuoteError, Renewal, Start, Terms, Wanted};
use crate::secret::SecretText;

impl Pelcro {
    pub(super) async fn look_ahead(
        &self,
        customer: &str,
        subscription: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Quote, QuoteError> {
        let (Wanted::Renew(_)
        | Wanted::ApplyCode { .. }
        | Wanted::ChangePlan { start: Start::NextPayment, .. }) = wanted
        else {
            return Err(QuoteError::Unsupported);
        };
        let token = self.kept(customer).await?;
        let (found, token) = self.whose(&token).await.map_err(lookup_error)?;
        let id = subscription.ok_or(LookupError::UnknownSubscription)?;
        let subscription = found.all().find(|one| one.id.0 == id).ok_or(LookupError::UnknownSubscription)?;
        let subject = Subject::of(subscription, &token)?;
        match wanted {
            Wanted::Renew(renewal) => self.renewal(&subject, renewal).await,
            Wanted::ApplyCode { code } => self.code(&subject, code).await,
            Wanted::ChangePlan { plan, .. } => self.plan_change(&subject, plan).await,
            _ => Err(QuoteError::Unsupported),
        }
    }

    /// What one more term would mean.
    pub(super) async fn quote_renewal(
        &self,
        token: &SecretText,
        subscription: &Subscription,
        wanted: &Renewal,
    ) -> Result<Quote, QuoteError> {
        self.renewal(&Subject::of(subscription, token)?, wanted).await
    }

    async fn renewal(&self, subject: &Subject<'_>, wanted: &Renewal) -> Result<Quote, QuoteError> {
        if wanted.quantity == 0 {
            return Err(QuoteError::Quantity);
        }
        let now = self.tokens.clock.now();
        let (subscription, terms) = (subject.subscription, &subject.terms);
        if !subscription.can(now).renew {
            return Err(QuoteError::NotNow("the subscription goes on by itself, or is canceled"));
        }
        let last = subscription.upcoming(now).filter(|_| !wanted.replace_upcoming_phases).last();
        if last.is_some_and(|last| last.end_date.is_none()) {
            return Err(QuoteError::NotNow("nobody can say when the scheduled term ends"));
        }
        let start = last.and_then(|last| last.end_date).unwrap_or(terms.current_period_end);
        let mut renewal = wanted.clone();
        if renewal.plan.is_empty() {
            renewal.plan.clone_from(&terms.plan);
        }
        let plan = self.open_plan(subject, &renewal.plan).await?;
        let price = plan.price().ok_or(QuoteError::NotNow("nobody can say what the plan costs"))?;
        let full = price.amount.checked_mul(renewal.quantity.into());
        let full = full.ok_or(QuoteError::NotNow("the plan costs more than can be counted"))?;
        let amount = match &renewal.coupon {
            None => full,
            Some(code) if renewal.quantity == 1 => {
                self.total(subject, &renewal.plan, code).await?.ok_or(QuoteError::CouponNotForPlan)?
            }
            Some(_) => return Err(QuoteError::NotNow("nobody can say what the coupon takes off of several")),
        };
        let money = flow::Money { amount, currency: price.currency.clone() };
        let cycle = crate::billing::Cycle {
            interval: price.interval,
            interval_count: price.interval_count,
            anchor_day: terms.cycle.anchor_day,
        };
        Ok(Quote {
            change: Change::Renew { renewal, agreed: Some((amount, start)) },
            due_now: None,
            next_payment: Some((money, start)),
            then: None,
            term: cycle.after(start, 1).map(|end| (start, end)),
        })
    }

    async fn plan_change(&self, subject: &Subject<'_>, plan: &str) -> Result<Quote, QuoteError> {
        let terms = &subject.terms;
        if plan == terms.plan {
            return Err(QuoteError::SamePlan);
        }
        if !subject.subscription.can(self.tokens.clock.now()).change_plan {
            return Err(QuoteError::NotNow("it ends"));
        }
        let plan = self.open_plan(subject, plan).await?.terms();
        let price = plan.price.as_ref().ok_or(QuoteError::NotNow("nobody can say what the plan costs"))?;
        if price.currency != terms.currency {
            return Err(QuoteError::PlanOtherCurrency);
        }
        let quantity = subject.subscription.quantity.unwrap_or(1);
        let amount = price.amount.checked_mul(quantity);
        let amount = amount.ok_or(QuoteError::NotNow("the plan costs more than can be counted"))?;
        let next_payment = Some((terms.money(amount), terms.current_period_end));
        let change = Change::Accept {
            offer: "hub_plan_change".into(),
            deal: Deal::ChangePlan(plan),
            agreed: Some(terms.clone()),
        };
        Ok(Quote { change, due_now: None, next_payment, then: None, term: None })
    }

    async fn code(&self, subject: &Subject<'_>, code: &str) -> Result<Quote, QuoteError> {
        let (subscription, terms) = (subject.subscription, &subject.terms);
        if !subscription.can(self.tokens.clock.now()).discount {
            return Err(QuoteError::NotNow("another coupon runs, or there is nothing to take it off of"));
        }
        let promise = self.typed(subject.token, code).await.map_err(lookup_error)?;
        let promise = promise.ok_or(QuoteError::UnknownCoupon)?;
        match self.keeps(subject.token, subscription, terms, &promise).await {
            Ok(()) => {}
            Err(Failure::Refused(_)) => return Err(QuoteError::CouponNotForPlan),
            Err(failure) => return Err(lookup_error(failure).into()),
        }
        let lower = promise.terms.off.applied_to(terms.amount, &terms.currency);
        let lower = lower.ok_or(QuoteError::CouponOtherCurrency)?;
        let then = terms.discount_ends_at(promise.terms.lasts).map(|at| (terms.price(), at));
        let change = Change::Accept {
            offer: format!("{TYPED}{}", promise.code),
            deal: Deal::Discount(promise.terms),
            agreed: Some(terms.clone()),
        };
        let next_payment = Some((terms.money(lower), terms.current_period_end));
        Ok(Quote { change, due_now: None, next_payment, then, term: None })
    }

    async fn open_plan(&self, subject: &Subject<'_>, id: &str) -> Result<Plan, QuoteError> {
        let open = self.open_plans(subject.token).await.map_err(lookup_error)?;
        open.into_iter().find(|plan| plan.id.0 == id).ok_or(QuoteError::PlanNotForCustomer)
    }

    /// What a plan costs with a coupon. None where Pelcro does not say.
    async fn total(&self, subject: &Subject<'_>, plan: &str, code: &str) -> Result<Option<i64>, QuoteError> {
        let body = json!({
            "plan_id": Id::value(plan),
            "coupon_code": code,
            "subscription_id": Id::value(&subject.subscription.id.0),
        });
        match self.api.preview::<Of<Order>>("order", subject.token, &body).await {
            Ok(order) => Ok(order.data.total),
            Err(Failure::Refused(_)) => Err(QuoteError::UnknownCoupon),
            Err(failure) => Err(lookup_error(failure).into()),
        }
    }
}

/// What a quote is about.
struct Subject<'a> {
    subscription: &'a Subscription,
    terms: Terms,
    token: &'a SecretText,
}

impl<'a> Subject<'a> {
    fn of(subscription: &'a Subscription, token: &'a SecretText) -> Result<Self, QuoteError> {
        let terms = subscription.terms().ok_or(QuoteError::NotNow("nobody can say what it costs"))?;
        Ok(Self { subscription, terms, token })
    }
}
