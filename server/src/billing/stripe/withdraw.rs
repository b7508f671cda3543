//! What is not to happen: that which is refused, and that which was asked for before the customer left. An earlier request for it
//! may still be on its way.

use hyper::Method;

use super::api::{Failure, Form};
use super::execute::Stop;
use super::object::Subscription;
use super::switch::has_plan;
use super::{Stripe, path};
use crate::billing::{Answer, Change, Instruction, PlanTerms};

impl Stripe {
    /// Sees to it that a change does not happen any more, unless it has. Asked again, it changes nothing more.
    pub(super) async fn take_back(&self, key: &str, instruction: &Instruction) -> Answer {
        if let Err(stop) = self.use_up(key, instruction).await {
            return stop.into();
        }
        if let Change::Switch { plan, .. } = &instruction.change {
            match self.call_off(key, instruction, plan).await {
                Ok(()) => {}
                Err(stop) => return stop.into(),
            }
        }
        match self.look(key, instruction).await {
            Answer::Refused(_) => Answer::Refused("the customer has left since".into()),
            other => other,
        }
    }

    /// Says no to a change as soon as it is certain that no earlier attempt has done it, or will: what has changed since it was agreed
    /// to may be the change itself.
    pub(super) async fn refuse(&self, key: &str, instruction: &Instruction, why: String) -> Answer {
        if let Err(stop) = self.use_up(key, instruction).await {
            return stop.into();
        }
        if let Change::Switch { plan, .. } = &instruction.change {
            match self.subject(instruction).await {
                Ok(subscription) if subscription.waiting_for(plan).is_some() => {
                    return Answer::Unknown("an earlier attempt waits for its payment".into());
                }
                Ok(_) => {}
                Err(stop) => return stop.into(),
            }
        }
        match self.look(key, instruction).await {
            Answer::Refused(_) => Answer::Refused(why),
            other => other,
        }
    }

    /// Uses the change's idempotency key for a request that changes nothing. If the change comes to Stripe after it, it is another
    /// request with the same key, and is refused; if it came before, this one is, and the change can be seen.
    async fn use_up(&self, key: &str, instruction: &Instruction) -> Result<(), Stop> {
        let subscription = self.subject(instruction).await?;
        if subscription.ended() {
            // Nothing can be changed at it.
            return Ok(());
        }
        // A member that is not there is taken away.
        let nothing: Form = vec![("metadata[farewell_withdrawn]".into(), String::new())];
        Ok(self.api.use_up(&format!("v1/subscriptions/{}", subscription.id), &nothing, key).await?)
    }

    /// Voids the invoice whose payment another plan waits for, which discards the change.
    async fn call_off(&self, key: &str, instruction: &Instruction, plan: &PlanTerms) -> Result<(), Stop> {
        let Some(invoice) = self.subject(instruction).await?.waiting_for(plan).map(str::to_owned) else {
            return Ok(());
        };
        let Some(path) = path("v1/invoices", &invoice) else { return Err("an invoice has no id".into()) };
        let (path, key) = (format!("{path}/void"), format!("{key}:void"));
        let voided = self.api.make_so(Method::POST, &path, &Form::new(), &key).await;
        // What Stripe refuses may have been paid or voided in this moment.
        if self.subject(instruction).await?.waiting_for(plan).is_none() {
            return Ok(());
        }
        let why = voided
            .err()
            .map_or("it is void, and the change still waits".into(), |failure| failure.to_string());
        Err(Failure::Unknown(why).into())
    }
}

impl Subscription {
    /// The invoice whose payment another plan waits for. None where nothing waits, or something else does: that is the merchant's.
    pub(super) fn waiting_for(&self, plan: &PlanTerms) -> Option<&str> {
        let price = &self.pending_update["subscription_items"][0]["price"];
        let price = price["id"].as_str().or(price.as_str())?;
        if price != plan.id || has_plan(self, &plan.id) {
            return None;
        }
        self.latest_invoice["id"].as_str().or(self.latest_invoice.as_str())
    }
}
