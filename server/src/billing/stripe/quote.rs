//! What a change to a subscription at Stripe would mean.

use flow::Money;
use jiff::Timestamp;
use serde::Deserialize;

use super::api::{Failure, Form};
use super::holding::counts_otherwise;
use super::object::Subscription;
use super::promotion::PromotionCode;
use super::{Stripe, lookup_error};
use crate::billing::{
    Change, Deal, Length, LookupError, PlanTerms, Quote, QuoteError, RunningDiscount, Span, Start, Terms,
    Wanted,
};

/// What Stripe would charge.
#[derive(Deserialize)]
struct Preview {
    amount_due: i64,
    currency: String,
}

impl Stripe {
    pub(super) async fn look_ahead(
        &self,
        customer: &str,
        id: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Quote, QuoteError> {
        let id = id.ok_or(LookupError::UnknownSubscription)?;
        let subscription = self.subscription(id).await.map_err(unanswered)?;
        if subscription.customer != customer {
            return Err(LookupError::UnknownSubscription.into());
        }
        let name = self.product(&subscription).await.map_err(unanswered)?;
        let now = self.clock.now();
        let terms = subscription.terms(name.as_deref(), now);
        let terms = terms.ok_or(QuoteError::NotNow("what it costs cannot be told in advance"))?;
        let running = subscription.running(now).unwrap_or_default();
        let subject = Subject { subscription: &subscription, terms, running, now };
        match wanted {
            Wanted::Pause { length } => subject.pause(*length),
            Wanted::Resume => subject.resume(),
            Wanted::ChangePlan { plan, start } => {
                let found = self.plan(plan).await.map_err(unanswered)?;
                let plan = found.filter(|plan| plan.price.is_some()).ok_or(QuoteError::UnknownPlan)?;
                match start {
                    Start::NextPayment => subject.change_plan(plan),
                    Start::Now => self.switch_quote(&subject, plan).await,
                }
            }
            Wanted::ApplyCode { code } => {
                let code = self.promotion_code(code, &subscription).await?;
                subject.apply(&code)
            }
            Wanted::Renew(_) => Err(QuoteError::Unsupported),
        }
    }

    async fn switch_quote(&self, subject: &Subject<'_>, plan: PlanTerms) -> Result<Quote, QuoteError> {
        let price = subject.other_plan(&plan)?;
        if !subject.subscription.can(subject.now).switch {
            return Err(QuoteError::NotNow("the plan cannot be changed at once"));
        }
        if !subject.running.is_empty() {
            return Err(QuoteError::NotNow("a discount runs, and another plan begins with the next payment"));
        }
        let due = self.due(subject.subscription, &plan.id, subject.now).await.map_err(unanswered)?;
        let Some(due) = due.filter(|due| due.amount >= 0 && due.currency == price.currency) else {
            return Err(QuoteError::NotNow("what is paid for is worth more than the plan costs"));
        };
        let anchor_day = subject.now.to_zoned(jiff::tz::TimeZone::UTC).day();
        let cycle = crate::billing::Cycle {
            interval: price.interval,
            interval_count: price.interval_count,
            anchor_day,
        };
        let end = cycle.after(subject.now, 1);
        Ok(Quote {
            change: Change::Switch { plan, at: subject.now, due: due.amount, agreed: subject.terms.clone() },
            due_now: Some(due),
            next_payment: end.map(|end| (Money { amount: price.amount, currency: price.currency }, end)),
            then: None,
            term: end.map(|end| (subject.now, end)),
        })
    }

    /// What Stripe would charge at once for another price from a moment on. None where it would owe the customer something.
    pub(super) async fn due(
        &self,
        subscription: &Subscription,
        price: &str,
        at: Timestamp,
    ) -> Result<Option<Money>, Failure> {
        let Some(item) = subscription.item() else { return Ok(None) };
        let inner = |name: &str| format!("subscription_details{name}");
        let form: Form = vec![
            ("subscription".into(), subscription.id.clone()),
            (inner("[items][0][id]"), item.id.clone()),
            (inner("[items][0][price]"), price.into()),
            (inner("[proration_behavior]"), "always_invoice".into()),
            (inner("[proration_date]"), at.as_second().to_string()),
            (inner("[billing_cycle_anchor]"), "now".into()),
        ];
        // It changes nothing, so that another key each time does no harm; the same would be answered from memory.
        let key = format!("preview:{}", uuid::Uuid::new_v4());
        let preview: Preview = self.api.post("v1/invoices/create_preview", &form, &key).await?;
        let due = Money { amount: preview.amount_due, currency: preview.currency.to_ascii_uppercase() };
        Ok(Some(due).filter(|due| due.amount >= 0 && !counts_otherwise(&due.currency)))
    }
}

/// What a quote is about.
struct Subject<'s> {
    subscription: &'s Subscription,
    terms: Terms,
    running: Vec<RunningDiscount>,
    now: Timestamp,
}

impl Subject<'_> {
    fn pause(&self, length: Length) -> Result<Quote, QuoteError> {
        if !self.subscription.can(self.now).pause {
            return Err(QuoteError::NotNow("the subscription cannot be paused"));
        }
        let until = length.after(self.terms.current_period_end);
        let until = until.ok_or(QuoteError::NotNow("the pause would end beyond the end of the calendar"))?;
        Ok(self.of_deal(Deal::Pause(length), self.payment(&self.terms, until), until))
    }

    /// A pause that does not begin: payments go on. One that runs: what is delivered now was given up by the merchant, and the next
    /// period is paid again.
    fn resume(&self) -> Result<Quote, QuoteError> {
        let Some(pause) =
            self.subscription.pause(self.now).filter(|_| self.subscription.can(self.now).resume)
        else {
            return Err(QuoteError::NotNow("there is no pause"));
        };
        let collects_again = self.subscription.pause_collection.is_some();
        let running = pause.from <= self.now;
        if running && !collects_again {
            return Err(QuoteError::NotNow("the pause moved the payments, and ends on its day"));
        }
        let next = if running { self.subscription.period_end() } else { Some(pause.from) };
        Ok(Quote {
            change: Change::Resume { agreed: pause, at: None },
            due_now: None,
            next_payment: next.map(|at| (self.payment(&self.terms, at), at)),
            then: None,
            term: None,
        })
    }

    /// The price of another plan.
    fn other_plan(&self, plan: &PlanTerms) -> Result<crate::billing::PlanPrice, QuoteError> {
        if plan.id == self.terms.plan {
            return Err(QuoteError::SamePlan);
        }
        let mut price = plan.price.clone().ok_or(QuoteError::UnknownPlan)?;
        if price.currency != self.terms.currency {
            return Err(QuoteError::PlanOtherCurrency);
        }
        let quantity = self.subscription.item().and_then(|item| item.quantity).unwrap_or(1);
        let all = price.amount.checked_mul(i64::from(quantity));
        price.amount = all.ok_or(QuoteError::NotNow("the plan costs more than can be counted"))?;
        Ok(price)
    }

    fn change_plan(&self, plan: PlanTerms) -> Result<Quote, QuoteError> {
        let price = self.other_plan(&plan)?;
        if !self.subscription.can(self.now).change_plan {
            return Err(QuoteError::NotNow("another change is agreed already, or it ends"));
        }
        if (price.interval, price.interval_count)
            != (self.terms.cycle.interval, self.terms.cycle.interval_count)
        {
            return Err(QuoteError::NotNow("a plan in another rhythm would begin, and be paid, at once"));
        }
        let due = self.terms.current_period_end;
        let other = Terms { amount: price.amount, ..self.terms.clone() };
        Ok(self.of_deal(Deal::ChangePlan(plan), self.payment(&other, due), due))
    }

    fn apply(&self, code: &PromotionCode) -> Result<Quote, QuoteError> {
        if !self.subscription.can(self.now).discount {
            return Err(QuoteError::NotNow("a discount cannot be applied"));
        }
        let (terms, due) = (&self.terms, self.terms.current_period_end);
        let deal = code.terms(&terms.currency)?;
        let ends_at = match deal.lasts {
            Span::Once => terms.cycle.after(due, 1),
            // Stripe counts from the day it is applied.
            Span::Months(months) => {
                Length { interval: crate::billing::Interval::Month, count: months }.after(self.now)
            }
            Span::Forever => None,
        };
        let mut running = self.running.clone();
        running.push(RunningDiscount {
            offer: code.offer(),
            off: deal.off.clone(),
            starts_at: self.now,
            ends_at,
        });
        let mut payments = std::iter::successors(Some(due), |at| terms.cycle.after(*at, 1));
        let then = ends_at.and_then(|end| payments.find(|at| *at >= end));
        Ok(Quote {
            change: Change::Accept {
                offer: code.offer(),
                deal: Deal::Discount(deal),
                agreed: Some(terms.clone()),
            },
            due_now: None,
            next_payment: Some((terms.money(terms.payment(due, &running)), due)),
            then: then.map(|at| (terms.money(terms.payment(at, &running)), at)),
            term: None,
        })
    }

    fn payment(&self, terms: &Terms, at: Timestamp) -> Money {
        terms.money(terms.payment(at, &self.running))
    }

    /// What begins with the next payment.
    fn of_deal(&self, deal: Deal, price: Money, at: Timestamp) -> Quote {
        let offer = format!("hub_{}", deal.name());
        Quote {
            change: Change::Accept { offer, deal, agreed: Some(self.terms.clone()) },
            due_now: None,
            next_payment: Some((price, at)),
            then: None,
            term: None,
        }
    }
}

fn unanswered(failure: Failure) -> QuoteError {
    lookup_error(failure, LookupError::UnknownSubscription).into()
}
