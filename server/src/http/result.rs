use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::body::JsonObject;
use super::{ApiError, App};
use crate::clock;
use crate::session::{Ended, SessionError, Stored, TokenClaims, result_name};

/// `POST /api/public/cancel/result`: what a result token stands for. The token is the credential.
///
/// `result` is `cancel_confirmed`, `offer_accepted`, `kept` (the customer stays without an offer, or took a cancellation back)
/// or `abandoned` (the flow was closed without a decision). A `brand` in the request has to be the token's.
pub async fn verify(State(app): State<App>, JsonObject(body): JsonObject) -> Result<Json<Value>, ApiError> {
    let Some(token) = body.get("token").and_then(Value::as_str) else {
        return Err(ApiError::bad_request(
            "`token` is missing: send `{\"token\": \"…\"}`, the value of `ci_result_token`.",
        ));
    };
    let brand = match body.get("brand") {
        None | Some(Value::Null) => None,
        Some(Value::String(slug)) => Some(slug),
        Some(_) => return Err(ApiError::bad_request("`brand` has to be a text: the brand's slug.")),
    };
    let (claims, known) = match app.sessions.verify(token.trim()).await {
        Err(SessionError::Expired) => {
            return Err(ApiError::unauthorized(
                "The token has expired: it was valid for 24 hours from the press.",
            ));
        }
        verified => verified?,
    };
    if brand.is_some_and(|slug| *slug != claims.aud) {
        return Err(ApiError::bad_request(
            "This token is of another brand. Act on results of your own brand only.",
        ));
    }
    Ok(Json(match known {
        Some((session, Some(ended))) => known_now(&claims, &session, &ended),
        // Billing refused what the token was made for, and nothing else has come of the session.
        Some((_, None)) => as_claimed(&TokenClaims {
            outcome: "aborted".into(),
            effect: None,
            offer: None,
            receipt: None,
            ..claims
        }),
        // The session is not in this database any more: the signature still holds.
        None => as_claimed(&claims),
    }))
}

/// What is known now counts before what the token says: billing may have answered since.
fn known_now(claims: &TokenClaims, session: &Stored, ended: &Ended) -> Value {
    let index = usize::try_from(ended.run).ok().and_then(|run| run.checked_sub(1));
    let answers = index.and_then(|index| session.state.runs.get(index)).map(|run| &run.answers);
    let offer = ended.offer_id.as_ref().map(|id| {
        let label = session.flow.offer(id).map(|offer| offer.headline.clone());
        json!({ "id": id, "type": ended.offer_kind, "accepted": true, "label": label })
    });
    let mut payload = as_claimed(&TokenClaims {
        outcome: ended.outcome.clone(),
        effect: ended.effect.clone(),
        reason: ended.reason_key.clone(),
        offer: ended.offer_id.clone(),
        run: ended.run,
        ..claims.clone()
    });
    payload["reasonText"] = json!(answers.and_then(|a| a.follow_up.as_ref().or(a.feedback.as_ref())));
    payload["offer"] = json!(offer);
    payload["receipt"] = json!(ended.receipt);
    payload["completedAt"] = json!(ended.completed_at);
    payload
}

/// What the token itself says.
fn as_claimed(claims: &TokenClaims) -> Value {
    let moment = |seconds| jiff::Timestamp::from_second(seconds).map(clock::text).ok();
    json!({
        "valid": true,
        "brand": claims.aud,
        "sessionId": claims.sid,
        "run": claims.run,
        "eventId": claims.jti,
        "environment": claims.env,
        "userId": claims.sub,
        "result": result_name(&claims.outcome, claims.offer.is_some()),
        "outcome": claims.outcome,
        "effect": claims.effect,
        "reasonKey": claims.reason,
        "reasonText": null,
        "offer": claims.offer.as_ref().map(|id| json!({ "id": id, "type": null, "accepted": true, "label": null })),
        "subscriptionId": claims.subscription,
        "receipt": claims.receipt.as_ref().map(|reference| json!({ "reference": reference })),
        "completedAt": moment(claims.iat),
        "issuedAt": moment(claims.iat),
        "expiresAt": moment(claims.exp),
    })
}
