//! Carrying out an instruction at Stripe.

use hyper::Method;
use jiff::Timestamp;

use super::Stripe;
use super::accept::Accepted;
use super::api::{Failure, Form};
use super::mark::{Marks, PAUSE};
use super::object::{Any, Subscription};
use super::switch::{Agreed, has_plan};
use crate::billing::{Answer, Authentication, Change, Instruction, Pause};

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
        let path = format!("v1/subscriptions/{}", subscription.id);
        match &instruction.change {
            Change::CancelAtPeriodEnd { .. } | Change::Undo => {
                self.api.make_so(Method::POST, &path, &form, key).await?;
            }
            _ => {
                let _: Any = self.api.post(&path, &form, key).await?;
            }
        }
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
            self.api.make_so(Method::DELETE, &path, &because(instruction), key).await?;
        }
        Ok(())
    }

    /// Takes a subscription out of its schedule, under which it cannot be canceled. It goes on as it is.
    async fn release(&self, subscription: &Subscription, key: &str) -> Result<(), Failure> {
        let Some(schedule) = &subscription.schedule else { return Ok(()) };
        let path = format!("v1/subscription_schedules/{schedule}/release");
        self.api.make_so(Method::POST, &path, &Form::new(), &format!("{key}:release")).await
    }
}

/// Why the customer leaves, in Stripe's words, which are the same.
fn because(instruction: &Instruction) -> Form {
    let reason = instruction.reason.iter();
    reason.map(|reason| ("cancellation_details[feedback]".into(), reason.clone())).collect()
}

/// Nothing is paid until then, and nothing is added up.
pub(super) fn trial_until(end: Timestamp) -> Form {
    vec![("trial_end".into(), end.as_second().to_string()), ("proration_behavior".into(), "none".into())]
}
