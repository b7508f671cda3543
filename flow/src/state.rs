use crate::apply::MAX_RUNS;
use crate::{Answers, Declared, Instant, Position};

/// Where one customer is: every run of the flow so far, the latest last.
///
/// A run begins when the flow is opened and has one outcome. Only [`Outcome::Canceled`] ends the session; after any other
/// outcome the button can be pressed again, which begins another run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct State {
    /// All runs, oldest first. Empty until the flow is opened for the first time.
    pub runs: Vec<Run>,
}

/// One pass through the flow, from opening to outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Run {
    /// How many actions were applied in this run; the next one has the sequence number after it.
    pub seq: u32,
    /// The step the customer sees.
    #[cfg_attr(feature = "json", serde(flatten))]
    pub step: Step,
    /// What the survey brought.
    pub answers: Answers,
    /// What the customer declared, where leaving is a declaration.
    pub declared: Declared,
    /// Every offer put to the customer in this run, in order.
    pub offers: Vec<OfferRecord>,
    /// How the run ended, once it has.
    pub outcome: Option<Outcome>,
    /// What became of the outcome in billing. None while the run is open, and where nothing had to change.
    pub effect: Option<Effect>,
    /// The proof of what was done. Issued by the server; None until then.
    pub receipt: Option<Receipt>,
}

/// A screen of the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(tag = "step", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Step {
    /// Reasons, follow-up and feedback, all optional.
    Survey,
    /// One offer.
    Offer {
        /// The offer's id.
        offer: String,
    },
    /// What the law lets a customer declare, where it has a step before the confirmation.
    Details,
    /// What cancelling means, and the button that does it.
    Confirm,
    /// What happened.
    Receipt,
}

/// An offer that was put to the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OfferRecord {
    /// The offer's id.
    pub id: String,
    /// What the customer made of it.
    pub response: Response,
    /// The choice that was taken, where there was something to choose or to be billed.
    pub choice: Option<String>,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Response {
    /// Put to the customer, not answered.
    Shown,
    /// The customer took it.
    Accepted,
    /// The customer said no. It is not offered again in this session.
    Declined,
    /// The customer took it and billing refused. It is not offered again in this session.
    Refused,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Outcome {
    /// The customer stays: took an offer, chose to keep, or took a cancellation back.
    Saved,
    /// The customer leaves.
    Canceled,
    /// The flow was closed without a decision.
    Aborted,
}

/// What became of an outcome in billing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Effect {
    /// Billing has changed; it was read back.
    Applied,
    /// The merchant has been told and will act.
    Requested,
    /// Not known yet. It is being settled, and told when it is.
    Pending,
}

/// Proof of what the customer did and when. Never changes once issued.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// What the customer quotes to support.
    pub reference: String,
    /// The moment of the press.
    pub issued_at: Instant,
    /// When a cancellation takes effect.
    pub effective_at: Option<Instant>,
    /// Whether billing allows taking it back.
    pub undo: bool,
}

impl State {
    /// The run that has no outcome yet.
    #[must_use]
    pub fn open_run(&self) -> Option<&Run> {
        self.runs.last().filter(|run| run.outcome.is_none())
    }

    /// Whether the customer has left: the session is over, unless it is undone.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.runs.last().is_some_and(|run| run.outcome == Some(Outcome::Canceled))
    }

    /// The number the next action takes: after the last action of the open run, or the first of a new one.
    #[must_use]
    pub fn next(&self) -> Position {
        match self.open_run() {
            Some(run) => Position { run: self.number(), seq: run.seq + 1 },
            None => Position { run: self.number() + 1, seq: 1 },
        }
    }

    /// Whether the session takes no further run, except one that cancels.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.runs.len() >= MAX_RUNS
    }

    /// The number of the latest run, counted from 1; 0 when there is none.
    #[must_use]
    pub fn number(&self) -> u32 {
        u32::try_from(self.runs.len()).unwrap_or(u32::MAX)
    }

    /// How an offer was last answered in this session.
    #[must_use]
    pub fn response(&self, offer: &str) -> Option<Response> {
        self.runs
            .iter()
            .rev()
            .flat_map(|run| run.offers.iter().rev())
            .find(|o| o.id == offer)
            .map(|o| o.response)
    }
}

impl Run {
    pub(crate) fn at(step: Step) -> Self {
        Self {
            seq: 0,
            step,
            answers: Answers::default(),
            declared: Declared::default(),
            offers: Vec::new(),
            outcome: None,
            effect: None,
            receipt: None,
        }
    }

    /// Whether the customer can take this run's cancellation back: billing allows it and has carried it out.
    #[must_use]
    pub fn can_be_undone(&self) -> bool {
        self.outcome == Some(Outcome::Canceled)
            && self.effect != Some(Effect::Pending)
            && self.receipt.as_ref().is_some_and(|receipt| receipt.undo)
    }

    /// The offer the customer took in this run.
    #[must_use]
    pub fn accepted(&self) -> Option<&OfferRecord> {
        self.offers.iter().find(|o| o.response == Response::Accepted)
    }
}
