//! What billing answers to an errand.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use flow::Settlement;
use futures_util::FutureExt;
use tokio::time;

use super::queue::Stored;
use crate::billing::{Answer, Authentication, Billing, Instruction, Registry};

/// How long billing may take to answer before nobody knows what it did.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Why something is not settled.
pub(super) struct Unsettled {
    /// For a developer.
    pub(super) why: String,
    /// What the customer has to do first.
    pub(super) authentication: Option<Authentication>,
}

impl From<String> for Unsettled {
    fn from(why: String) -> Self {
        Self { why, authentication: None }
    }
}

/// Who is to do it, and what.
fn of(billings: &Registry, errand: &Stored) -> Result<(Arc<dyn Billing>, Instruction), String> {
    let billing = billings
        .of(&errand.brand, errand.environment, errand.hands_over)
        .ok_or_else(|| format!("no billing is configured for the brand {}", errand.brand))?;
    let instruction = serde_json::from_str(&errand.payload)
        .map_err(|error| format!("the intent cannot be read: {error}"))?;
    Ok((billing, instruction))
}

/// Asks billing to see to it that it is not done any more. An error is why nobody knows.
pub(super) async fn to_withdraw(
    billings: &Registry,
    errand: &Stored,
) -> Result<(Settlement, Option<String>), Unsettled> {
    let (billing, instruction) = of(billings, errand)?;
    match answer(billing.withdraw(&errand.id, &instruction)).await {
        Answer::Applied => Ok((Settlement::Applied, None)),
        Answer::Requested => Ok((Settlement::Requested, None)),
        Answer::Refused(reason) => Ok((Settlement::Refused, Some(reason))),
        Answer::Unknown(why) => Err(why.into()),
        Answer::Waits(_) => Err("billing still waits for the customer".to_owned().into()),
    }
}

/// Asks billing to do it, and then whether it is done. An error is why nobody knows.
pub(super) async fn to_do(
    billings: &Registry,
    errand: &Stored,
) -> Result<(Settlement, Option<String>), Unsettled> {
    let (billing, instruction) = of(billings, errand)?;
    let executed = answer(billing.execute(&errand.id, &instruction)).await;
    match executed {
        Answer::Requested => return Ok((Settlement::Requested, None)),
        Answer::Refused(reason) => return Ok((Settlement::Refused, Some(reason))),
        Answer::Waits(how) => {
            let why = "the customer has to authenticate the payment".into();
            return Err(Unsettled { why, authentication: Some(how) });
        }
        Answer::Applied if billing.has_the_last_word() => return Ok((Settlement::Applied, None)),
        Answer::Unknown(why) if billing.has_the_last_word() => return Err(why.into()),
        Answer::Applied | Answer::Unknown(_) => {}
    }
    // Also when nobody knows: an answer may have been lost on its way after the work was done.
    match (answer(billing.read_back(&errand.id, &instruction)).await, executed) {
        (Answer::Applied, _) => Ok((Settlement::Applied, None)),
        (_, Answer::Unknown(why)) => Err(why.into()),
        (read, _) => Err(format!("billing said that it is done, but reading it back gave {read:?}").into()),
    }
}

/// Waits for billing within reason. No answer, and a panic, leave it unknown what was done.
async fn answer(asked: impl Future<Output = Answer>) -> Answer {
    match time::timeout(ANSWER_WITHIN, AssertUnwindSafe(asked).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Answer::Unknown("billing panicked".into()),
        Err(_) => {
            Answer::Unknown(format!("billing did not answer within {} seconds", ANSWER_WITHIN.as_secs()))
        }
    }
}
