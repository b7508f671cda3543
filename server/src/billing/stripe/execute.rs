//! Carrying out an instruction at Stripe.

use jiff::{SignedDuration, Timestamp};

use super::Stripe;
use super::api::{Failure, Form};
use super::holding::COUPON;
use super::mark::{Marks, PAUSE, short};
use super::object::{Any, Subscription};
use super::promotion;
use super::switch::{Agreed, has_plan};
use crate::billing::{
    Answer, Authentication, Change, Cycle, Deal, DiscountTerms, Instruction, Length, Pause, PlanTerms,
    Reduction, Span, Terms,
};

/// Collection begins again so long before the payment, which then is collected.
const BEFORE_PAYMENT: SignedDuration = SignedDuration::from_hours(1);
/// The longest discount, in months, counted from now.
const MOST_MONTHS: u32 = 240;

/// Why nothing was done, or what could not be known.
pub(super) enum Stop {
    Refused(String),
    Failed(Failure),
    /// It happens once the customer has authenticated the payment.
    Waits(Authentication),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<&str> for Stop {
    fn from(why: &str) -> Self {
        Self::Refused(why.into())
    }
}

impl From<Stop> for Answer {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(why) => Self::Refused(why),
            Stop::Waits(how) => Self::Waits(how),
            // What a retry asks for may be another request by now, and then the first one shows.
            Stop::Failed(Failure::Unknown(why) | Failure::KeyUsed(why)) => Self::Unknown(why),
            Stop::Failed(refused) => Self::Refused(refused.to_string()),
        }
    }
}

impl Stripe {
    pub(super) async fn carry_out(&self, key: &str, instruction: &Instruction) -> Answer {
        match self.change(key, instruction).await {
            Ok(()) => Answer::Applied,
            Err(Stop::Refused(why)) => self.refuse(key, instruction, why).await,
            Err(stop) => stop.into(),
        }
    }

    /// Whether it is noted at the subscription that this was carried out, or what it asked for is there.
    pub(super) async fn look(&self, key: &str, instruction: &Instruction) -> Answer {
        let subscription = match self.subject(instruction).await {
            Ok(subscription) => subscription,
            Err(stop) => return stop.into(),
        };
        let there = match instruction.change {
            // What is ended at once takes no note any more.
            Change::CancelImmediately => subscription.ended(),
            Change::CancelAtPeriodEnd { .. } => !subscription.can_be_canceled(),
            Change::Undo => subscription.can_be_canceled(),
            Change::Switch { ref plan, .. } => has_plan(&subscription, &plan.id),
            Change::Resume { .. } => subscription.pause(self.clock.now()).is_none(),
            Change::Accept { .. } | Change::Renew { .. } => false,
        };
        if there || Marks::of(&subscription).has(key) {
            return Answer::Applied;
        }
        Answer::Refused("Stripe has no note that it was done, and it is not there".into())
    }

    /// The subscription an instruction is about.
    pub(super) async fn subject(&self, instruction: &Instruction) -> Result<Subscription, Stop> {
        let Some(id) = &instruction.subscription else { return Err("no subscription is named".into()) };
        let subscription = self.subscription(id).await?;
        if subscription.customer != instruction.customer {
            return Err("the customer has no such subscription".into());
        }
        Ok(subscription)
    }

    async fn change(&self, key: &str, instruction: &Instruction) -> Result<(), Stop> {
        let subscription = self.subject(instruction).await?;
        let marks = Marks::of(&subscription);
        if marks.has(key) {
            return Ok(());
        }
        let mut form = match &instruction.change {
            Change::Accept { offer, deal, agreed } => {
                let accepted = Accepted { offer, agreed: agreed.as_ref(), subscription: &subscription };
                self.accept(key, deal, &accepted).await?
            }
            Change::CancelAtPeriodEnd { effective_at } => {
                if !subscription.can_be_canceled() {
                    return Ok(());
                }
                if effective_at.is_some_and(|told| told <= self.clock.now()) {
                    // Asked for long ago: the customer was told that it ended then, and pays for nothing after it.
                    return self.end(key, &subscription, instruction).await;
                }
                self.release(&subscription, key).await?;
                let mut form = because(instruction);
                match effective_at.filter(|told| subscription.period_end().is_some_and(|end| *told < end)) {
                    Some(told) => {
                        form.push(("cancel_at".into(), told.as_second().to_string()));
                        form.push(("proration_behavior".into(), "none".into()));
                    }
                    None => form.push(("cancel_at_period_end".into(), "true".into())),
                }
                form
            }
            Change::CancelImmediately => return self.end(key, &subscription, instruction).await,
            Change::Undo if subscription.ended() => return Err("the subscription has already ended".into()),
            Change::Undo if subscription.cancel_at_period_end => {
                vec![("cancel_at_period_end".into(), "false".into())]
            }
            Change::Undo if subscription.cancel_at.is_some() => vec![("cancel_at".into(), String::new())],
            Change::Undo => Form::new(),
            Change::Resume { agreed, at } => self.resume(&subscription, *agreed, *at)?,
            Change::Switch { plan, at, due, agreed } => {
                let agreed = Agreed { plan, at: *at, due: *due, terms: agreed };
                return self.switch(key, &subscription, instruction, &agreed).await;
            }
            Change::Renew { .. } => return Err("what is at Stripe goes on by itself".into()),
        };
        match (marks.note(key), &instruction.change) {
            (Some(note), _) => form.push(note),
            // What is there can be seen. Nobody is kept from leaving, or from staying.
            (None, Change::Undo) if form.is_empty() => return Ok(()),
            (None, Change::CancelAtPeriodEnd { .. } | Change::Undo) => {}
            (None, _) => return Err("the subscription's metadata has no room to note it".into()),
        }
        let _: Any = self.api.post(&format!("v1/subscriptions/{}", subscription.id), &form, key).await?;
        Ok(())
    }

    /// What is asked for so that invoices are collected again. One that is not known to be paused is not changed.
    fn resume(
        &self,
        subscription: &Subscription,
        agreed: Pause,
        at: Option<(Timestamp, i64)>,
    ) -> Result<Form, Stop> {
        let now = self.clock.now();
        match subscription.pause(now) {
            // It is over.
            None => return Ok(Form::new()),
            Some(pause) if pause != agreed || at.is_some() => {
                return Err("the subscription's terms have changed since".into());
            }
            Some(_) => {}
        }
        let mut form = match (&subscription.pause_collection, agreed.from <= now) {
            (Some(_), _) => vec![("pause_collection".into(), String::new())],
            (None, false) => trial_until(agreed.from),
            (None, true) => return Err("the pause moved the payments, and ends on its day".into()),
        };
        form.push((format!("metadata[{PAUSE}]"), String::new()));
        Ok(form)
    }

    /// Ends a subscription now. It takes no note any more.
    async fn end(
        &self,
        key: &str,
        subscription: &Subscription,
        instruction: &Instruction,
    ) -> Result<(), Stop> {
        if !subscription.ended() {
            let path = format!("v1/subscriptions/{}", subscription.id);
            let _: Any = self.api.delete(&path, &because(instruction), key).await?;
        }
        Ok(())
    }

    /// Takes a subscription out of its schedule, under which it cannot be canceled. It goes on as it is.
    async fn release(&self, subscription: &Subscription, key: &str) -> Result<(), Failure> {
        let Some(schedule) = &subscription.schedule else { return Ok(()) };
        let path = format!("v1/subscription_schedules/{schedule}/release");
        let _: Any = self.api.post(&path, &Form::new(), &format!("{key}:release")).await?;
        Ok(())
    }

    /// What is asked for of the subscription to keep what an offer promised.
    async fn accept(&self, key: &str, deal: &Deal, accepted: &Accepted<'_>) -> Result<Form, Stop> {
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

/// Why the customer leaves, in Stripe's words, which are the same.
fn because(instruction: &Instruction) -> Form {
    let reason = instruction.reason.iter();
    reason.map(|reason| ("cancellation_details[feedback]".into(), reason.clone())).collect()
}

/// An offer that a customer took.
struct Accepted<'a> {
    /// The offer's id.
    offer: &'a str,
    /// The terms the customer saw.
    agreed: Option<&'a Terms>,
    subscription: &'a Subscription,
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

/// Nothing is paid until then, and nothing is added up.
fn trial_until(end: Timestamp) -> Form {
    vec![("trial_end".into(), end.as_second().to_string()), ("proration_behavior".into(), "none".into())]
}
