use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::body::JsonObject;
use super::error::ErrorAnswer;
use super::openapi::{NotJson, Shape, TooLarge, tag};
use super::{ApiError, App};
use crate::clock;
use crate::session::{Ended, Environment, ResultName, SessionError, Stored, TokenClaims, result_name};
use crate::sign::TokenError;

/// What a result token stands for, as of now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedResult {
    /// The brand's slug. Act on results of your own brand only.
    brand: String,
    /// The moment of the press.
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    /// What became of it in billing, as of now: changed and read back, yours to carry out, or not known yet. Null where nothing
    /// had to change.
    #[schema(value_type = Option<flow::Effect>)]
    effect: Option<String>,
    /// Whether it counts.
    #[schema(value_type = Environment)]
    environment: String,
    /// The event's id, also in the ledger of cancellations.
    event_id: String,
    /// Until when the token is valid.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When the token was issued: the moment of the press.
    #[schema(format = DateTime)]
    issued_at: Option<String>,
    /// The offer the customer took.
    offer: Option<ResultOffer>,
    /// How the run ended.
    #[schema(value_type = flow::Outcome)]
    outcome: String,
    /// Key of the reason.
    reason_key: Option<String>,
    /// What the customer wrote.
    reason_text: Option<String>,
    /// The receipt.
    #[schema(value_type = Option<ResultReceipt>)]
    receipt: Option<Value>,
    /// The same in one word.
    result: ResultName,
    /// The pass through the flow that it tells of, counted from 1.
    run: u32,
    /// The session.
    session_id: String,
    /// The subscription's id in billing.
    subscription_id: Option<String>,
    /// Your own id of the customer, else the one in billing.
    user_id: String,
    /// Always true: a token that is not valid is an error.
    valid: bool,
}

/// The offer the customer took.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultOffer {
    /// Always true.
    accepted: bool,
    /// Your key of it.
    id: String,
    /// Its headline. Null where the session is not known any more.
    label: Option<String>,
    /// What kind of offer. Null where the session is not known any more.
    #[serde(rename = "type")]
    #[schema(value_type = Option<flow::OfferKind>)]
    kind: Option<String>,
}

/// The receipt of what was done. Where the session is not known any more, the reference alone.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "what is answered is the receipt as it is kept")]
pub struct ResultReceipt {
    /// When a cancellation takes effect.
    #[schema(format = DateTime)]
    effective_at: Option<String>,
    /// The moment of the press.
    #[schema(format = DateTime)]
    issued_at: Option<String>,
    /// What the customer quotes.
    reference: String,
    /// Whether billing allows taking it back.
    undo: Option<bool>,
}

/// What is said where there is no token.
const NO_TOKEN: &str = "`token` is missing: send `{\"token\": \"…\"}`, the value of `ci_result_token`.";
/// What is said of a token whose time is over.
const EXPIRED: &str = "The token has expired: it was valid for 24 hours from the press.";

/// `POST /api/public/cancel/result`: what a result token stands for. The token is the credential.
///
/// A `brand` in the request has to be the token's.
#[utoipa::path(
    post,
    path = "/api/public/cancel/result",
    operation_id = "verifyResult",
    tag = tag::RESULTS,
    description = "No key: the token is the credential. Send your slug as `brand` beside it, and a token of another brand is 400; \
        without it, look at `brand` in the answer before you act on it. Members that are not known are ignored.",
    request_body(content = ref("#/components/schemas/ResultRequest")),
    responses(
        (status = 200, description = "What it stands for.", body = VerifiedResult),
        (status = 400, body = ErrorAnswer,
            description = "The token is missing, malformed, badly signed, or of another brand.",
            example = json!({ "error": TokenError::Malformed.to_string() })),
        (status = 401, body = ErrorAnswer,
            description = "The token has expired.",
            example = json!({ "error": EXPIRED })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn verify(
    State(app): State<App>,
    JsonObject(body): JsonObject,
) -> Result<Json<VerifiedResult>, ApiError> {
    let (token, brand) = read(&body)?;
    let (claims, known) = match app.sessions.verify(token.trim()).await {
        Err(SessionError::Expired) => return Err(ApiError::unauthorized(EXPIRED)),
        verified => verified?,
    };
    if brand.is_some_and(|slug| slug != claims.aud) {
        return Err(ApiError::bad_request(
            "This token is of another brand. Act on results of your own brand only.",
        ));
    }
    Ok(Json(match known {
        Some((session, Some(ended))) => known_now(&claims, &session, ended),
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

fn read(body: &Map<String, Value>) -> Result<(&str, Option<&str>), ApiError> {
    let token = body.get("token").and_then(Value::as_str);
    let token = token.ok_or_else(|| ApiError::bad_request(NO_TOKEN))?;
    match body.get("brand") {
        None | Some(Value::Null) => Ok((token, None)),
        Some(Value::String(slug)) => Ok((token, Some(slug))),
        Some(_) => Err(ApiError::bad_request("`brand` has to be a text: the brand's slug.")),
    }
}

/// The schema of what [`verify`] reads.
pub fn request() -> Value {
    Shape::object()
        .must("token", Shape::any_text().says("The value of `ci_result_token`, unchanged."))
        .may("brand", Shape::any_text().says("Your brand's slug."))
        .schema()
}

/// What is known now counts before what the token says: billing may have answered since.
fn known_now(claims: &TokenClaims, session: &Stored, ended: Ended) -> VerifiedResult {
    let index = usize::try_from(ended.run).ok().and_then(|run| run.checked_sub(1));
    let answers = index.and_then(|index| session.state.runs.get(index)).map(|run| &run.answers);
    let said = answers.and_then(|answers| answers.follow_up.as_ref().or(answers.feedback.as_ref()));
    let offer = ended.offer_id.as_ref().map(|id| ResultOffer {
        accepted: true,
        id: id.clone(),
        label: session.flow.offer(id).map(|offer| offer.headline.clone()),
        kind: ended.offer_kind,
    });
    let claimed = as_claimed(&TokenClaims {
        outcome: ended.outcome,
        effect: ended.effect,
        reason: ended.reason_key,
        offer: ended.offer_id,
        run: ended.run,
        ..claims.clone()
    });
    VerifiedResult {
        completed_at: Some(ended.completed_at),
        offer,
        reason_text: said.cloned(),
        receipt: ended.receipt,
        ..claimed
    }
}

/// What the token itself says.
fn as_claimed(claims: &TokenClaims) -> VerifiedResult {
    let moment = |seconds| jiff::Timestamp::from_second(seconds).map(clock::text).ok();
    let offer = |id: &String| ResultOffer { accepted: true, id: id.clone(), label: None, kind: None };
    VerifiedResult {
        brand: claims.aud.clone(),
        completed_at: moment(claims.iat),
        effect: claims.effect.clone(),
        environment: claims.env.clone(),
        event_id: claims.jti.clone(),
        expires_at: moment(claims.exp),
        issued_at: moment(claims.iat),
        offer: claims.offer.as_ref().map(offer),
        outcome: claims.outcome.clone(),
        reason_key: claims.reason.clone(),
        reason_text: None,
        receipt: claims.receipt.as_ref().map(|reference| json!({ "reference": reference })),
        result: result_name(&claims.outcome, claims.offer.is_some()),
        run: claims.run,
        session_id: claims.sid.clone(),
        subscription_id: claims.subscription.clone(),
        user_id: claims.sub.clone(),
        valid: true,
    }
}
