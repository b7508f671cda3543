//! Carrying out an instruction at Pelcro.
//!
//! It documents no idempotency key: what it was asked for is looked for before it is asked, and after every answer that did not come.

use jiff::{SignedDuration, Timestamp};

use super::Pelcro;
use super::api::Failure;
use super::call::{Call, end};
use super::holding::There;
use super::object::{Customer, Subscription};
use super::token::Sent;
use crate::billing::{Answer, Change, Deal, Instruction};
use crate::secret::SecretText;
use crate::store;

/// How long a renewal that adds a term is not sent again after its answer did not come: it may still be on its way, and would be there
/// twice.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);

/// Why nothing was done, or what could not be known.
pub(super) enum Stop {
    Refused(String),
    Failed(Failure),
}

impl Stop {
    fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Failed(Failure::Refused(_)))
    }
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

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Self::Failed(Failure::Unknown(error.to_string()))
    }
}

impl From<Stop> for Answer {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(why) => Self::Refused(why),
            Stop::Failed(refused @ Failure::Refused(_)) => Self::Refused(refused.to_string()),
            // A token that is of no use says nothing of what it was to do: a new session brings another.
            Stop::Failed(failure) => Self::Unknown(failure.to_string()),
        }
    }
}

/// One term of a schedule.
struct Term<'a> {
    plan: &'a str,
    start: Timestamp,
    coupon: Option<&'a str>,
}

impl Pelcro {
    pub(super) async fn carry_out(&self, key: &str, instruction: &Instruction) -> Answer {
        match self.change(key, instruction).await {
            Ok(()) => Answer::Applied,
            Err(stop) => stop.into(),
        }
    }

    /// Whether what an instruction asked for is there, or was said to be.
    pub(super) async fn look(&self, key: &str, instruction: &Instruction) -> Answer {
        match self.looked(key, instruction).await {
            Ok(true) => Answer::Applied,
            Ok(false) => Answer::Refused("it is not there at Pelcro".into()),
            Err(stop) => stop.into(),
        }
    }

    /// Looks whether what was asked for before the customer left has come about. What may still be on its way is not known.
    pub(super) async fn take_back(&self, key: &str, instruction: &Instruction) -> Answer {
        match (self.look(key, instruction).await, self.tokens.sent(key).await) {
            (Answer::Refused(_), Ok(Sent::Unanswered { since, .. })) if since < ON_ITS_WAY => {
                Answer::Unknown("it may still be on its way to Pelcro".into())
            }
            (_, Err(error)) => Answer::Unknown(error.to_string()),
            (looked, Ok(_)) => looked,
        }
    }

    async fn looked(&self, key: &str, instruction: &Instruction) -> Result<bool, Stop> {
        let before = self.tokens.sent(key).await?;
        if before == Sent::Done {
            return Ok(true);
        }
        let customer = self.known(&instruction.customer).await?.0;
        Ok(is_done(self.there(subject(&customer, instruction)?, instruction), before))
    }

    async fn change(&self, key: &str, instruction: &Instruction) -> Result<(), Stop> {
        let before = self.tokens.sent(key).await?;
        if before == Sent::Done {
            return Ok(());
        }
        let (customer, token) = self.known(&instruction.customer).await?;
        let subscription = subject(&customer, instruction)?;
        let there = self.there(subscription, instruction);
        if is_done(there, before) {
            return Ok(self.tokens.done(key, &instruction.customer).await?);
        }
        if before == Sent::Never {
            self.holds(&token, subscription, instruction).await?;
        }
        let call = match self.call(&token, subscription, instruction).await {
            // What was sent before may be why it cannot be done any more.
            Err(stop) if stop.is_refusal() && there != There::No && before != Sent::Never => {
                return Err(Failure::Unknown("nobody can say whether it was done before".into()).into());
            }
            call => call?,
        };
        let adds =
            matches!(&instruction.change, Change::Renew { renewal, .. } if !renewal.replace_upcoming_phases);
        if adds && matches!(before, Sent::Unanswered { since, .. } if since < ON_ITS_WAY) {
            return Err(Failure::Unknown("it may still be on its way to Pelcro".into()).into());
        }
        self.tokens.sending(key, &instruction.customer, there == There::No).await?;
        let mut answered = self.asked(&call, &token, key).await;
        if let (Err(Failure::Refused(_)), true) = (&answered, call.ends_late(instruction)) {
            // Where nothing ends at once, the next end there is comes closest to what the customer was told.
            let later = end(subscription, "current_period_end", instruction);
            answered = self.asked(&later, &token, &format!("{key}:end")).await;
        }
        if matches!(answered, Err(Failure::Refused(_))) && self.looked(key, instruction).await? {
            // It came twice, or what was sent before came late, and that is why it is refused.
            return Ok(self.tokens.done(key, &instruction.customer).await?);
        }
        let customer = answered?;
        let there = self.there(subject(&customer, instruction)?, instruction);
        if there == There::No {
            return Err(Failure::Unknown("Pelcro said that it is done, and it is not there".into()).into());
        }
        Ok(self.tokens.done(key, &instruction.customer).await?)
    }

    async fn asked(&self, call: &Call, token: &SecretText, key: &str) -> Result<Customer, Failure> {
        let answer = self.api.change(call.path, token, &call.body, key).await?;
        self.took(answer).await
    }

    /// Whether what an instruction asks for is there.
    fn there(&self, subscription: &Subscription, instruction: &Instruction) -> There {
        let term = match &instruction.change {
            Change::Accept { offer, deal: Deal::Discount(discount), agreed: Some(agreed) } => {
                // The offer may name no coupon any more. Then a term that is there has one that nobody knows.
                let code = self.promised(offer, discount).map(|promise| promise.code).unwrap_or_default();
                return subscription.term(&agreed.plan, agreed.current_period_end, Some(&code));
            }
            Change::Accept { deal: Deal::ChangePlan(plan), agreed: Some(agreed), .. } => {
                Term { plan: &plan.id, start: agreed.current_period_end, coupon: None }
            }
            Change::Renew { renewal, agreed: Some((_, start)) } => {
                Term { plan: &renewal.plan, start: *start, coupon: renewal.coupon.as_deref() }
            }
            change => {
                let (ended, canceled) = (subscription.ended(), subscription.is_canceled());
                let there = match change {
                    Change::CancelAtPeriodEnd { .. } => ended || canceled,
                    Change::CancelImmediately => ended,
                    Change::Undo => !ended && !canceled,
                    _ => false,
                };
                return if there { There::Yes } else { There::No };
            }
        };
        subscription.term(term.plan, term.start, term.coupon)
    }
}

/// Whether what is there is what a change, sent or not, asks for.
fn is_done(there: There, before: Sent) -> bool {
    match there {
        There::Yes => true,
        There::WithSomeCoupon => matches!(before, Sent::Unanswered { is_new: true, .. }),
        There::No => false,
    }
}

/// The subscription an instruction is about.
fn subject<'c>(customer: &'c Customer, instruction: &Instruction) -> Result<&'c Subscription, Stop> {
    let Some(id) = &instruction.subscription else { return Err("no subscription is named".into()) };
    let found = customer.all().find(|one| one.id.0 == *id);
    found.ok_or_else(|| "the customer has no such subscription".into())
}
