//! What is asked of Stripe so that an offer is kept.

use jiff::{SignedDuration, Timestamp};

use super::Stripe;
use super::api::{Failure, Form};
use super::execute::{Stop, trial_until};
use super::holding::COUPON;
use super::mark::{Marks, PAUSE, short};
use super::object::{Any, Subscription};
use super::promotion;
use crate::billing::{Cycle, Deal, DiscountTerms, Length, PlanTerms, Reduction, Span, Terms};

/// Collection begins again so long before the payment, which then is collected.
const BEFORE_PAYMENT: SignedDuration = SignedDuration::from_hours(1);
/// The longest discount, in months, counted from now.
const MOST_MONTHS: u32 = 240;

/// An offer that a customer took.
pub(super) struct Accepted<'a> {
    /// The offer's id.
    pub(super) offer: &'a str,
    /// The terms the customer saw.
    pub(super) agreed: Option<&'a Terms>,
    pub(super) subscription: &'a Subscription,
}

impl Stripe {
    /// What is asked for of the subscription to keep what an offer promised.
    pub(super) async fn accept(&self, key: &str, deal: &Deal, accepted: &Accepted<'_>) -> Result<Form, Stop> {
        let now = self.clock.now();
        let subscription = accepted.subscription;
        if !subscription.can_be_canceled() {
            return Err("the subscription is already canceled".into());
        }
        let product = self.product(subscription).await?;
        let Some(terms) = subscription.terms(product.as_deref(), now) else {
            return Err("what the subscription costs cannot be told in advance".into());
        };
        if accepted.agreed.is_some_and(|agreed| *agreed != terms) {
            return Err("the subscription's terms have changed since the offer was made".into());
        }
        let can = subscription.can(now);
        match deal {
            Deal::Discount(discount) if can.discount => {
                self.discount(key, discount, &terms, accepted, now).await
            }
            Deal::Pause(length) if can.pause => pause(*length, &terms),
            Deal::ChangePlan(plan) if can.change_plan => self.change_plan(plan, &terms, subscription).await,
            Deal::ExtendTrial { days } if can.extend_trial => {
                let end =
                    terms.current_period_end.checked_add(SignedDuration::from_hours(i64::from(*days) * 24));
                let end =
                    end.map_err(|_| Stop::from("the trial would end beyond the end of the calendar"))?;
                Ok(trial_until(end))
            }
            Deal::Custom => Err("Stripe does nothing that is the merchant's".into()),
            _ => Err("that cannot be done with the subscription now".into()),
        }
    }

    async fn discount(
        &self,
        key: &str,
        discount: &DiscountTerms,
        terms: &Terms,
        accepted: &Accepted<'_>,
        now: Timestamp,
    ) -> Result<Form, Stop> {
        if !discount.in_range() || discount.off.applied_to(terms.amount, &terms.currency).is_none() {
            return Err("the discount cannot be applied to this subscription".into());
        }
        let running = accepted.subscription.running(now).unwrap_or_default();
        if running.iter().any(|running| running.offer == accepted.offer) {
            return Err("the same offer already runs on this subscription".into());
        }
        if let Some(code) = accepted.offer.strip_prefix(promotion::OFFER) {
            return self.redeem(code, discount, accepted.subscription, &terms.currency).await;
        }
        let mut coupon = Form::new();
        let mut put = |name: &str, value: String| coupon.push((name.into(), value));
        match &discount.off {
            Reduction::Percent(percent) => put("percent_off", percent.to_string()),
            Reduction::Amount { amount, currency } => {
                put("amount_off", amount.to_string());
                put("currency", currency.to_ascii_lowercase());
            }
        }
        match discount.lasts {
            Span::Once => put("duration", "once".into()),
            Span::Forever => put("duration", "forever".into()),
            Span::Months(_) => {
                let Some(months) = months(discount.lasts, terms, now) else {
                    return Err(
                        "Stripe counts a discount in months, and these payments do not fit into them".into(),
                    );
                };
                put("duration", "repeating".into());
                put("duration_in_months", months.to_string());
            }
        }
        let id = coupon_id(accepted.offer, &coupon);
        coupon.push(("id".into(), id.clone()));
        match self.api.post::<Any>("v1/coupons", &coupon, &format!("{key}:coupon")).await {
            // Its id says what it takes off, so that it is the same.
            Ok(_) => {}
            Err(Failure::Refused { code, .. }) if code == "resource_already_exists" => {}
            Err(failure) => return Err(failure.into()),
        }
        Ok(beside(accepted.subscription, "coupon", id))
    }

    async fn change_plan(
        &self,
        plan: &PlanTerms,
        terms: &Terms,
        subscription: &Subscription,
    ) -> Result<Form, Stop> {
        let Some(now) = self.plan(&plan.id).await? else {
            return Err("there is no such plan any more".into());
        };
        if now.price != plan.price {
            return Err("the plan's price has changed since the offer was made".into());
        }
        let (Some(price), Some(item)) = (&now.price, subscription.item()) else {
            return Err("what the plan costs cannot be told in advance".into());
        };
        if price.currency != terms.currency || plan.id == terms.plan {
            return Err("the subscription cannot change to this plan".into());
        }
        if (price.interval, price.interval_count) != (terms.cycle.interval, terms.cycle.interval_count) {
            return Err(
                "the plan is paid in another rhythm, which Stripe would begin, and bill, at once".into()
            );
        }
        Ok(vec![
            ("items[0][id]".into(), item.id.clone()),
            ("items[0][price]".into(), plan.id.clone()),
            // It is billed from the next payment on: nothing is added up for the time until then.
            ("proration_behavior".into(), "none".into()),
        ])
    }
}

/// One more discount. What is left out of the list is taken off.
pub(super) fn beside(subscription: &Subscription, kind: &str, id: String) -> Form {
    let there = subscription.discounts.iter().enumerate();
    let mut form: Form =
        there.map(|(place, one)| (format!("discounts[{place}][discount]"), one.id.clone())).collect();
    form.push((format!("discounts[{}][{kind}]", subscription.discounts.len()), id));
    form
}

/// The id of the coupon with these terms: the same again is the same coupon.
fn coupon_id(offer: &str, terms: &Form) -> String {
    let terms: String = terms.iter().map(|(name, value)| format!("{name}={value};")).collect();
    format!("{COUPON}{offer}_{}", short(&terms))
}

/// How many months from now on Stripe has to take off so that it is exactly these payments. None where there is no such number.
fn months(lasts: Span, terms: &Terms, now: Timestamp) -> Option<u32> {
    let first_full = terms.discount_ends_at(lasts)?;
    let last_lower = terms.cycle.before(first_full)?;
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).day();
    let monthly = Cycle { interval: crate::billing::Interval::Month, interval_count: 1, anchor_day: day };
    let fits = |months: &u32| monthly.after(now, *months).is_some_and(|end| end > last_lower);
    let months = (1..=MOST_MONTHS).find(fits)?;
    (monthly.after(now, months)? <= first_full).then_some(months)
}

/// The next payment comes later. Where it is one of the rhythm's own, those before it are not collected; else the rhythm begins anew
/// with it.
fn pause(length: Length, terms: &Terms) -> Result<Form, Stop> {
    let from = terms.current_period_end;
    let Some(until) = length.after(from) else {
        return Err("the pause would end beyond the end of the calendar".into());
    };
    let mut payments = (1..).map_while(|payments| terms.cycle.after(from, payments));
    let in_rhythm = payments.find(|payment| *payment >= until) == Some(until);
    let mut form = if in_rhythm {
        let resumes = until.checked_sub(BEFORE_PAYMENT).unwrap_or(until);
        vec![
            ("pause_collection[behavior]".into(), "void".into()),
            ("pause_collection[resumes_at]".into(), resumes.as_second().to_string()),
        ]
    } else {
        trial_until(until)
    };
    form.push((format!("metadata[{PAUSE}]"), Marks::pause_text(from, until)));
    Ok(form)
}
