//! What a merchant tells of a cancellation: how it is read, and its schemas.

use serde_json::{Map, Value};

use super::ApiError;
use super::cancel_link::{LARGEST_METADATA, context, context_shape, in_sandbox, metadata_shape};
use super::fields::{Fields, LONGEST_LINE};
use super::openapi::Shape;
use super::wish::moment;
use crate::brand::Brand;
use crate::cancellation::{Change, LedgerOutcome, NewCancellation, OfferMade};
use crate::session::Environment;

/// How long the label of an offer may be, in characters.
const LONGEST_LABEL: usize = 500;
/// How much a customer may have written, in characters.
const LONGEST_TEXT: usize = 4000;

/// Reads a cancellation that is told. Beside it, in the sandbox: members that are not read.
///
/// # Errors
/// 400 with every mistake.
pub fn read_new(
    body: &Map<String, Value>,
    brand: &Brand,
    now: jiff::Timestamp,
) -> Result<(NewCancellation, Option<Vec<String>>), ApiError> {
    let mut fields = Fields::root(body);
    let event_id = fields.text("eventId");
    let user_id = fields.text("userId");
    let reason_key = fields.text("reasonKey");
    for (name, found, example) in [
        ("eventId", event_id, "\"cancel_evt_8f30a7bf\""),
        ("userId", user_id, "\"user_456\""),
        ("reasonKey", reason_key, "\"too_expensive\""),
    ] {
        if found.is_none() {
            fields.missing(name, example);
        }
    }
    let environment = fields.environment().unwrap_or_default();
    let outcome = outcome(&mut fields);
    let offer = fields.object("offer", |fields| OfferMade {
        kind: fields.text("type").map(Into::into),
        accepted: fields.flag("accepted"),
        label: fields.text_up_to("label", LONGEST_LABEL).map(Into::into),
    });
    let new = NewCancellation {
        event_id: event_id.unwrap_or_default().into(),
        environment,
        user_id: user_id.unwrap_or_default().into(),
        reason_key: reason_key.unwrap_or_default().into(),
        reason_text: fields.prose("reasonText", LONGEST_TEXT).map(Into::into),
        outcome,
        offer,
        context: context(&mut fields, brand),
        metadata: fields.flat("metadata", LARGEST_METADATA),
        occurred_at: fields.checked("occurredAt", moment).unwrap_or(now),
    };
    Ok((new, in_sandbox(environment, fields.finish_ignoring()?)))
}

/// Reads how a cancellation ended.
///
/// # Errors
/// 400 with every mistake.
pub fn read_change(body: &Map<String, Value>) -> Result<(Change, Option<Vec<String>>), ApiError> {
    let mut fields = Fields::root(body);
    let environment = fields.environment().unwrap_or_default();
    let outcome = outcome(&mut fields);
    if outcome.is_none() {
        fields.missing("outcome", "\"churned\" or \"recovered\"");
    }
    let change = Change {
        environment,
        outcome: outcome.unwrap_or(LedgerOutcome::Churned),
        effective_at: fields.checked("effectiveAt", moment),
        metadata: fields.flat("metadata", LARGEST_METADATA),
    };
    Ok((change, in_sandbox(environment, fields.finish_ignoring()?)))
}

fn outcome(fields: &mut Fields<'_>) -> Option<LedgerOutcome> {
    fields.checked("outcome", |text| {
        LedgerOutcome::named(text)
            .ok_or_else(|| format!("\"{text}\" is neither \"churned\" nor \"recovered\"."))
    })
}

/// The schema of what [`read_new`] reads.
pub fn request() -> Value {
    let line = || Shape::line(LONGEST_LINE);
    let offer = Shape::object()
        .may("type", line().says("What kind of offer, such as `discount`."))
        .may(
            "accepted",
            Shape::flag().says("Whether the customer took it. Who took one may leave all the same."),
        )
        .may("label", Shape::line(LONGEST_LABEL).says("The offer in a line."))
        .says("The offer that was made.");
    Shape::object()
        .must("eventId", line().says("Your own name for it. Send the same on retries."))
        .must("userId", line().says("Your own id of the customer."))
        .must("reasonKey", line().says("Key of the reason: one of `GET /v1/reasons`, or one of your own."))
        .may("environment", Environment::shape())
        .may(
            "outcome",
            outcome_shape().says("How it ended. Left out: it is pending, until it is set with PATCH."),
        )
        .may("offer", offer)
        .may("reasonText", Shape::prose(LONGEST_TEXT).says("What the customer wrote."))
        .may("context", context_shape())
        .may("occurredAt", Shape::moment().says("When the customer wanted to leave. Left out: now."))
        .may("metadata", metadata_shape())
        .schema()
}

/// The schema of what [`read_change`] reads.
pub fn outcome_request() -> Value {
    Shape::object()
        .must("outcome", outcome_shape().says("How it ended."))
        .may("environment", Environment::shape())
        .may("effectiveAt", Shape::moment().says("When that takes effect."))
        .may("metadata", metadata_shape())
        .schema()
}

fn outcome_shape() -> Shape {
    Shape::one_of([LedgerOutcome::Churned, LedgerOutcome::Recovered].map(LedgerOutcome::name))
}
