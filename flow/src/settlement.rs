use crate::{Effect, Outcome, Receipt, Response, State, Step};

/// What billing made of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Done, and read back.
    Applied,
    /// The merchant was told and will do it.
    Requested,
    /// Billing said no; nothing was changed there.
    Refused,
}

/// Gives the state after billing has answered for a run.
///
/// Only a run whose effect is [`Effect::Pending`] is settled; any other is left as it is, so settling twice is harmless. A
/// refused offer is withdrawn: the run is open again at the confirmation, and the customer can still leave. A refused
/// cancellation stays one, because the customer has given notice: it becomes the merchant's to carry out. A refused undo
/// leaves the customer where they were, canceled.
#[must_use]
pub fn settle(state: &State, run: u32, settlement: Settlement) -> State {
    let mut next = state.clone();
    let Some(index) = (run as usize).checked_sub(1) else { return next };
    let last = index + 1 == next.runs.len();
    let before = index.checked_sub(1).and_then(|i| state.runs.get(i));
    let Some(settled) = next.runs.get_mut(index) else { return next };
    if settled.effect != Some(Effect::Pending) {
        return next;
    }
    match (settlement, settled.outcome) {
        (Settlement::Applied, _) => settled.effect = Some(Effect::Applied),
        (Settlement::Requested, _) | (Settlement::Refused, Some(Outcome::Canceled) | None) => {
            settled.effect = Some(Effect::Requested);
        }
        (Settlement::Refused, Some(_)) => {
            let accepted = settled.offers.iter_mut().find(|o| o.response == Response::Accepted);
            if let Some(offer) = accepted {
                offer.response = Response::Refused;
                settled.receipt = None;
                settled.effect = None;
                // When a later run has begun, this one is over and nothing came of it.
                settled.outcome = if last { None } else { Some(Outcome::Aborted) };
                settled.step = if last { Step::Confirm } else { Step::Receipt };
            } else if let Some(canceled) = before {
                settled.outcome = canceled.outcome;
                settled.effect = canceled.effect;
                settled.receipt = canceled.receipt.clone().map(|receipt| Receipt { undo: false, ..receipt });
            }
        }
    }
    next
}
