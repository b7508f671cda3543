use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Deal, Pause, PlanTerms, Renewal, Terms};

/// Something billing is to do for a customer: what an intent carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// The customer's id in billing.
    pub customer: String,
    /// The subscription's id in billing. None only where billing is the merchant's and the session named none.
    pub subscription: Option<String>,
    /// The session in which the customer pressed.
    #[serde(default)]
    pub session: Option<String>,
    /// The `eventId` of the run's result.
    #[serde(default)]
    pub event: Option<String>,
    /// Why the customer leaves, where that was said: one of the eight codes that Stripe has too.
    #[serde(default)]
    pub reason: Option<String>,
    /// The moment of the press. What was true then counts, however late this is carried out.
    pub requested_at: Timestamp,
    /// What to do.
    pub change: Change,
}

/// What billing is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Change {
    /// Do what an offer promised.
    Accept {
        /// The offer's id.
        offer: String,
        /// What was promised.
        deal: Deal,
        /// The terms the customer saw: [`Snapshot::terms`](super::Snapshot::terms). Refused when they are no longer true.
        agreed: Option<Terms>,
    },
    /// Cancel, and leave access until the end of what is paid for.
    CancelAtPeriodEnd {
        /// The end the customer was told. None: the end of the period in which the press was.
        effective_at: Option<Timestamp>,
    },
    /// Cancel and end access at once.
    CancelImmediately,
    /// Take a cancellation back.
    Undo,
    /// End a pause, or do not begin it. What it means is in its [`Quote`](super::Quote).
    Resume {
        /// The pause the customer saw. Refused when it is another.
        agreed: Pause,
        /// Where it runs: the moment it ends, and what is charged then, in minor units. None: it does not begin.
        at: Option<(Timestamp, i64)>,
    },
    /// Another plan at once: a new period begins, and what was left of the old one is taken off its payment.
    Switch {
        /// The plan, and what it cost when the customer saw it.
        plan: PlanTerms,
        /// The moment the new period begins.
        at: Timestamp,
        /// What is charged at once, in minor units of the plan's currency. Refused when it is another amount.
        due: i64,
        /// The terms the customer saw. Refused when they are no longer true.
        agreed: Terms,
    },
    /// One more term.
    Renew {
        /// What was asked for.
        renewal: Renewal,
        /// The payment it begins with, in minor units, and when that is, where the customer saw them. Refused when they are no longer
        /// true.
        agreed: Option<(i64, Timestamp)>,
    },
}

impl Change {
    /// The kind of an intent: `accept`, `cancel`, `undo`, `resume`, `switch` or `renew`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept",
            Self::CancelAtPeriodEnd { .. } | Self::CancelImmediately => "cancel",
            Self::Undo => "undo",
            Self::Resume { .. } => "resume",
            Self::Switch { .. } => "switch",
            Self::Renew { .. } => "renew",
        }
    }
}
