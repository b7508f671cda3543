//! What is told of the runs of sessions: no more than a result token and the endpoint that verifies it say, and nothing a
//! customer typed.

use flow::{Effect, Outcome, Run};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Event, Kind, tell};
use crate::receipt::Body;
use crate::session::{Ended, Stored, result_name};
use crate::store::{Error, Tx};

/// Tells that a run has ended and, if it did so, that an offer was taken. Belongs in the transaction of the press.
pub(crate) async fn completed(
    tx: &mut Tx,
    session: &Stored,
    ended: &Ended,
    now: Timestamp,
) -> Result<(), Error> {
    of(tx, session, Kind::SessionCompleted, about(session, ended), now).await?;
    if ended.offer_id.is_some() {
        of(tx, session, Kind::OfferAccepted, about(session, ended), now).await?;
    }
    Ok(())
}

/// Tells that a receipt was issued. Belongs in the transaction of the press.
pub(crate) async fn issued(
    tx: &mut Tx,
    session: &Stored,
    receipt: &Body,
    now: Timestamp,
) -> Result<(), Error> {
    let data = json!({
        "brand": receipt.aud,
        "environment": receipt.environment,
        "sessionId": receipt.session,
        "run": receipt.run,
        "userId": receipt.sub,
        "subscriptionId": receipt.contract.subscription,
        "policy": receipt.policy,
        "receipt": { "reference": receipt.reference, "kind": receipt.kind.name() },
        "issuedAt": receipt.issued_at,
    });
    of(tx, session, Kind::ReceiptIssued, data, now).await
}

/// Tells what billing has made of a run. `was` is its outcome from before, `is` the run as it is now.
pub(crate) async fn settled(
    tx: &mut Tx,
    session: &Stored,
    was: Ended,
    is: &Run,
    settlement: &str,
    now: Timestamp,
) -> Result<(), Error> {
    // A run that is open again has come to nothing so far: the same as one that was closed.
    let outcome = is.outcome.unwrap_or(Outcome::Aborted);
    let kept = was.outcome == outcome.name();
    let ended = Ended {
        outcome: outcome.name().into(),
        effect: is.effect.map(Effect::name).map(Into::into),
        offer_id: was.offer_id.filter(|_| kept),
        offer_kind: was.offer_kind.filter(|_| kept),
        receipt: is.receipt.as_ref().map(|receipt| json!(receipt)),
        ..was
    };
    let mut data = about(session, &ended);
    data["settlement"] = settlement.into();
    of(tx, session, Kind::SessionSettled, data, now).await
}

/// A run that has ended, in the words of `POST /api/public/cancel/result`.
fn about(session: &Stored, ended: &Ended) -> Value {
    let offer = ended.offer_id.as_ref().map(|id| json!({ "id": id, "type": ended.offer_kind }));
    json!({
        "brand": session.brand,
        "environment": session.environment.name(),
        "sessionId": session.id,
        "run": ended.run,
        "eventId": ended.jti,
        "userId": session.user_id.as_ref().unwrap_or(&session.customer),
        "subscriptionId": session.subscription,
        "policy": session.policy.id,
        "result": result_name(&ended.outcome, ended.offer_id.is_some()),
        "outcome": ended.outcome,
        "effect": ended.effect,
        "reasonKey": ended.reason_key,
        "reasonCode": ended.reason_code,
        "offer": offer,
        "receipt": ended.reference().map(|reference| json!({ "reference": reference })),
        "completedAt": ended.completed_at,
    })
}

async fn of(tx: &mut Tx, session: &Stored, kind: Kind, data: Value, now: Timestamp) -> Result<(), Error> {
    let (brand, environment, subject) = (&session.brand, session.environment, &session.id);
    tell(tx, Event { brand, environment, subject, kind, data, now }).await
}
