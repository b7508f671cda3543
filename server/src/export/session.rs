use flow::{Money, Run, Step};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::Row;
use crate::session::Stored;
use crate::store::Error;

/// One run of a session: what a customer did from opening the flow to its outcome. Times are RFC 3339, UTC.
///
/// A session whose flow was fetched and never opened has one row, without a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SessionRow {
    /// The session's id.
    pub session: String,
    /// The run, counted from 1.
    pub run: Option<u32>,
    /// The brand's slug.
    pub brand: String,
    /// `prod` or `sandbox`.
    pub environment: String,
    /// The customer's id in billing.
    pub customer: String,
    /// The customer's id in the merchant's own system.
    pub user_id: Option<String>,
    /// The subscription's id in billing.
    pub subscription: Option<String>,
    /// The plan's name.
    pub plan: Option<String>,
    /// What one payment costs, in minor units.
    pub amount: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// The policy that held.
    pub policy: String,
    /// BCP 47 tag of the language the customer was spoken to in.
    pub locale: String,
    /// When the session was first fetched.
    pub opened_at: String,
    /// When something was done in it last.
    pub last_action_at: String,
    /// When the run began.
    pub begun_at: Option<String>,
    /// When it was ended by the customer. None while it is open.
    pub completed_at: Option<String>,
    /// How many things the customer did in it.
    pub actions: Option<u32>,
    /// The step the customer is on or was on last.
    pub step: Option<&'static str>,
    /// `saved`, `canceled` or `aborted`.
    pub outcome: Option<String>,
    /// `applied`, `requested` or `pending`; None where nothing had to change.
    pub effect: Option<String>,
    /// When the effect was no longer pending.
    pub settled_at: Option<String>,
    /// Key of the reason that was given.
    pub reason_key: Option<String>,
    /// Its shared code.
    pub reason_code: Option<String>,
    /// Ids of the offers that were made, in their order.
    pub offers_shown: Vec<String>,
    /// The offer that was taken.
    pub offer_id: Option<String>,
    /// Its kind.
    pub offer_kind: Option<String>,
    /// Which of its choices.
    pub offer_choice: Option<String>,
    /// The receipt's reference.
    pub receipt: Option<String>,
    /// When a cancellation takes effect.
    pub effective_at: Option<String>,
    /// The merchant's own notes.
    pub metadata: Map<String, Value>,
    /// What the customer has written, where that was asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub text: Option<SessionText>,
}

impl Row for SessionRow {
    const COLUMNS: &[&str] = &[
        "session",
        "run",
        "brand",
        "environment",
        "customer",
        "user_id",
        "subscription",
        "plan",
        "amount",
        "currency",
        "policy",
        "locale",
        "opened_at",
        "last_action_at",
        "begun_at",
        "completed_at",
        "actions",
        "step",
        "outcome",
        "effect",
        "settled_at",
        "reason_key",
        "reason_code",
        "offers_shown",
        "offer_id",
        "offer_kind",
        "offer_choice",
        "receipt",
        "effective_at",
        "metadata",
    ];
    const TEXT_COLUMNS: &[&str] = &["follow_up", "feedback", "cause"];
}

/// What a customer has written in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SessionText {
    /// Under the reason.
    pub follow_up: Option<String>,
    /// In the free field.
    pub feedback: Option<String>,
    /// As the cause of a termination.
    pub cause: Option<String>,
}

impl SessionRow {
    /// A session that was fetched and never opened.
    pub(super) fn unopened(session: &Stored, last_action_at: &str, with_text: bool) -> Self {
        let price = session.flow.subscription.price.clone();
        let (amount, currency) = price.map(|Money { amount, currency }| (amount, currency)).unzip();
        Self {
            session: session.id.clone(),
            run: None,
            brand: session.brand.clone(),
            environment: session.environment.name().into(),
            customer: session.customer.clone(),
            user_id: session.user_id.clone(),
            subscription: session.subscription.clone(),
            plan: session.flow.subscription.plan.clone(),
            amount,
            currency,
            policy: session.policy.id.clone(),
            locale: session.flow.locale.clone(),
            opened_at: session.opened_at.clone(),
            last_action_at: last_action_at.into(),
            begun_at: None,
            completed_at: None,
            actions: None,
            step: None,
            outcome: None,
            effect: None,
            settled_at: None,
            reason_key: None,
            reason_code: None,
            offers_shown: Vec::new(),
            offer_id: None,
            offer_kind: None,
            offer_choice: None,
            receipt: None,
            effective_at: None,
            metadata: session.metadata.clone(),
            text: with_text.then(SessionText::default),
        }
    }

    /// One of its runs; `outcome` is its row in the database.
    pub(super) fn of_run(
        session: &Stored,
        last_action_at: &str,
        (number, run): (u32, &Run),
        begun_at: Option<String>,
        outcome: Option<&SqliteRow>,
        with_text: bool,
    ) -> Result<Self, Error> {
        let text = |column: &str| -> Result<Option<String>, Error> {
            Ok(outcome.map(|row| row.try_get(column)).transpose()?.flatten())
        };
        let receipt = run.receipt.as_ref();
        let reason = run.answers.reason.as_ref();
        let taken = run.accepted();
        let kind = taken.and_then(|record| session.flow.offer(&record.id)).map(|offer| offer.kind.name());
        Ok(Self {
            run: Some(number),
            begun_at,
            completed_at: text("completed_at")?,
            actions: Some(run.seq),
            step: Some(step_name(&run.step)),
            outcome: run.outcome.map(|outcome| outcome.name().into()),
            effect: run.effect.map(|effect| effect.name().into()),
            settled_at: text("settled_at")?,
            reason_key: reason.cloned(),
            reason_code: reason.and_then(|key| session.flow.reason(key)?.code).map(|code| code.name().into()),
            offers_shown: run.offers.iter().map(|offer| offer.id.clone()).collect(),
            offer_id: taken.map(|record| record.id.clone()),
            offer_kind: kind.map(Into::into),
            offer_choice: taken.and_then(|record| record.choice.clone()),
            receipt: receipt.map(|receipt| receipt.reference.clone()),
            effective_at: receipt.and_then(|receipt| receipt.effective_at.as_ref()).map(|at| at.0.clone()),
            text: with_text.then(|| SessionText {
                follow_up: run.answers.follow_up.clone(),
                feedback: run.answers.feedback.clone(),
                cause: run.declared.cause.clone(),
            }),
            ..Self::unopened(session, last_action_at, with_text)
        })
    }
}

/// The name of a step, as documents have it.
pub(crate) fn step_name(step: &Step) -> &'static str {
    match step {
        Step::Survey => "survey",
        Step::Offer { .. } => "offer",
        Step::Details => "details",
        Step::Confirm => "confirm",
        Step::Receipt => "receipt",
    }
}
