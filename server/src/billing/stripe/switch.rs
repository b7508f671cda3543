//! Another plan at once, and the payment that comes with it.

use jiff::Timestamp;

use super::Stripe;
use super::api::{Failure, Form};
use super::authentication::{Charged, EXPAND, PENDING, Payment};
use super::execute::Stop;
use super::mark::Marks;
use super::object::{Any, Subscription};
use crate::billing::{Instruction, PlanTerms, QUOTE_HOLDS, Terms};

/// What was agreed.
pub(super) struct Agreed<'a> {
    pub plan: &'a PlanTerms,
    pub at: Timestamp,
    /// In minor units.
    pub due: i64,
    pub terms: &'a Terms,
}

impl Stripe {
    /// Has Stripe charge for another plan, and begin it with the payment or not at all.
    ///
    /// Asked again while the payment waits, it asks for nothing more.
    pub(super) async fn switch(
        &self,
        key: &str,
        subscription: &Subscription,
        instruction: &Instruction,
        agreed: &Agreed<'_>,
    ) -> Result<(), Stop> {
        let path = format!("v1/subscriptions/{}", subscription.id);
        if !has_plan(subscription, &agreed.plan.id) {
            let expand: Form = EXPAND.map(|name| ("expand[]".into(), name.into())).into();
            let now: Payment = self.api.get(&path, &expand).await?;
            if now.waits() && subscription.waiting_for(agreed.plan).is_none() {
                return Err("another change of the subscription waits for its payment".into());
            }
            if now.waits() {
                return paid(Charged::of(&now));
            }
            self.still_true(subscription, instruction, agreed).await?;
            let Some(item) = subscription.item() else {
                return Err("what the plan costs cannot be told in advance".into());
            };
            let mut form: Form = vec![
                ("items[0][id]".into(), item.id.clone()),
                ("items[0][price]".into(), agreed.plan.id.clone()),
                ("proration_behavior".into(), "always_invoice".into()),
                ("proration_date".into(), agreed.at.as_second().to_string()),
                ("billing_cycle_anchor".into(), "now".into()),
                (PENDING.0.into(), PENDING.1.into()),
            ];
            form.extend(expand);
            match self.api.post::<Payment>(&path, &form, key).await {
                Ok(payment) => paid(Charged::of(&payment))?,
                Err(Failure::Refused { code, text }) => match Charged::of_refusal(&code) {
                    Some(Charged::Declined(_)) => return Err("the payment was declined".into()),
                    Some(charged) => paid(charged)?,
                    None => return Err(Failure::Refused { code, text }.into()),
                },
                Err(Failure::KeyUsed(_)) => return Err("it was withdrawn when the customer left".into()),
                Err(failure) => return Err(failure.into()),
            }
        }
        // What charges takes no note, so that the note is a request of its own.
        if let Some(note) = Marks::of(subscription).note(key) {
            let _: Any = self.api.post(&path, &vec![note], &format!("{key}:note")).await?;
        }
        Ok(())
    }

    /// Looks whether what was agreed is still so.
    async fn still_true(
        &self,
        subscription: &Subscription,
        instruction: &Instruction,
        agreed: &Agreed<'_>,
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        if now.duration_since(agreed.at) > QUOTE_HOLDS
            || instruction.requested_at.duration_since(agreed.at) > QUOTE_HOLDS
        {
            return Err("what the customer agreed to was too long ago".into());
        }
        let product = self.product(subscription).await?;
        let terms = subscription.terms(product.as_deref(), now);
        if !subscription.can(now).switch || terms.as_ref() != Some(agreed.terms) {
            return Err("the subscription's terms have changed since".into());
        }
        let due = self.due(subscription, &agreed.plan.id, agreed.at).await?;
        if due.is_none_or(|due| due.amount != agreed.due) {
            return Err("what would be charged has changed since".into());
        }
        Ok(())
    }
}

/// Whether it is what is paid for now.
pub(super) fn has_plan(subscription: &Subscription, plan: &str) -> bool {
    subscription.item().and_then(super::object::Item::rate).is_some_and(|rate| rate.plan == plan)
}

fn paid(charged: Charged) -> Result<(), Stop> {
    match charged {
        Charged::Paid => Ok(()),
        Charged::Authenticate(how) | Charged::Declined(how) => Err(Stop::Waits(how)),
    }
}
