use flow::{Action, Flow, Outcome, Policy, Receipt, Settlement, State};
use jiff::Timestamp;

use super::sheet::{Control, Sheet};
use crate::brand::BillingKind;
use crate::clock;
use crate::format::Format;

/// A walk through a flow that only the terminal knows of.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The flow, as it was resolved for the customer.
    pub flow: Flow,
    /// The policy that holds.
    pub policy: Policy,
    /// Where the customer is.
    pub state: State,
    billing: BillingKind,
    now: Timestamp,
    filled: Vec<(String, String)>,
}

/// What a word did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// Something was chosen or filled in.
    Filled,
    /// The customer has gone on.
    Moved,
    /// The customer is out of the flow.
    Left,
}

/// Why a word does nothing. A sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalkError {
    /// Nothing on the step has this name.
    #[error("nothing here is called \"{0}\"; type a number of the step, or the name of a choice or button.")]
    Unknown(String),
    /// A field needs a text.
    #[error("a text goes into \"{0}\": type {0}=some words.")]
    NeedsText(String),
    /// The flow does not accept it.
    #[error("{0}")]
    Refused(String),
}

impl Walk {
    /// Opens the flow.
    #[must_use]
    pub fn begin(flow: Flow, policy: Policy, billing: BillingKind, now: Timestamp) -> Self {
        let state = flow::apply(&flow, &policy, &State::default(), &Action::Shown).unwrap_or_default();
        Self { flow, policy, state, billing, now, filled: Vec::new() }
    }

    /// The step the customer is on.
    #[must_use]
    pub fn sheet(&self) -> Sheet {
        Sheet::of(&flow::view(&self.flow, &self.policy, &self.state), &Format::of(&self.flow))
    }

    /// How the run ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.state.runs.last().and_then(|run| run.outcome)
    }

    /// Does what a word says: chooses, fills in (`field=text`) or presses.
    ///
    /// # Errors
    /// Nothing is called so, or the flow does not accept it; then nothing is changed.
    pub fn press(&mut self, word: &str) -> Result<Pressed, WalkError> {
        let sheet = self.sheet();
        let (name, text) =
            word.split_once('=').map_or((word, None), |(name, text)| (name.trim(), Some(text)));
        match sheet.named(name).ok_or_else(|| WalkError::Unknown(word.into()))? {
            Control::Text { field } => {
                let text = text.ok_or_else(|| WalkError::NeedsText(field.clone()))?;
                self.fill(field, text.trim());
                Ok(Pressed::Filled)
            }
            Control::Choice { field, value } => {
                self.fill(field, value);
                Ok(Pressed::Filled)
            }
            Control::Button { verb } => self.act(&sheet, verb),
        }
    }

    fn fill(&mut self, field: &str, value: &str) {
        self.filled.retain(|(name, _)| name != field);
        self.filled.push((field.into(), value.into()));
    }

    fn act(&mut self, sheet: &Sheet, verb: &str) -> Result<Pressed, WalkError> {
        let mut fields = sheet.hidden.clone();
        fields.append(&mut self.filled);
        fields.push(("do".into(), verb.into()));
        let action = Action::from_form(&fields).map_err(|flow::NotAForm(field)| {
            WalkError::Refused(format!("choose something for \"{field}\" first."))
        })?;
        let over = self.outcome().is_some();
        let next = flow::apply(&self.flow, &self.policy, &self.state, &action)
            .map_err(|refused| WalkError::Refused(refused.message().into()))?;
        self.state = self.billed(next);
        let left = matches!(action, Action::Close) || over && !matches!(action, Action::Undo);
        Ok(if left { Pressed::Left } else { Pressed::Moved })
    }

    /// The state once billing has answered: what the ledger would apply, a merchant is told.
    fn billed(&self, mut state: State) -> State {
        let number = state.number();
        let effective_at = self.flow.cancellation.effective_at.clone();
        if let Some(run) = state.runs.last_mut().filter(|run| run.effect == Some(flow::Effect::Pending)) {
            let canceled = run.outcome == Some(Outcome::Canceled);
            run.receipt = Some(Receipt {
                reference: "FW-0000-0000".into(),
                issued_at: clock::instant(self.now),
                undo: canceled && effective_at.is_some() && self.billing != BillingKind::Merchant,
                effective_at: effective_at.filter(|_| canceled),
            });
        }
        let settlement = match self.billing {
            BillingKind::Ledger | BillingKind::Stripe | BillingKind::Pelcro => Settlement::Applied,
            BillingKind::Merchant => Settlement::Requested,
        };
        flow::settle(&state, number, settlement)
    }
}
