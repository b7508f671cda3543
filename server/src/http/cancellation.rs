use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::body::{JsonObject, SaysJson};
use super::caller::Backend;
use super::cancel_link::{LARGEST_METADATA, context, in_sandbox, may_write};
use super::fields::Fields;
use super::wish::moment;
use super::{ApiError, App};
use crate::brand::{Access, Brand, Plan};
use crate::cancellation::{
    self, Cancellation, Change, LedgerOutcome, NewCancellation, OfferMade, Recorded, SettleResult, Settled,
};

/// How much a customer may have written, in characters.
const LONGEST_TEXT: usize = 4000;

/// An event of the ledger, as it was told.
#[derive(Debug, Serialize)]
pub struct CancellationAnswer {
    #[serde(flatten)]
    event: Cancellation,
    /// Whether it was told before. Then nothing was changed.
    duplicate: bool,
    /// In the sandbox: members of the request that are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
}

/// An event of the ledger, with every outcome that was set.
#[derive(Debug, Serialize)]
pub struct CancellationDetail {
    #[serde(flatten)]
    pub(super) event: Cancellation,
    /// Every outcome that was set since it was told, oldest first.
    pub(super) history: Vec<Settled>,
    /// In the sandbox: members of the request that are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warnings: Option<Vec<String>>,
}

/// `POST /api/v1/cancellations`: tells the ledger of a customer who wanted to leave. Told again, it is the same event.
pub async fn create(
    _: SaysJson,
    State(app): State<App>,
    Backend(brand): Backend,
    JsonObject(body): JsonObject,
) -> Result<Json<CancellationAnswer>, ApiError> {
    may_write(&brand)?;
    may_tell(&brand)?;
    let now = app.sessions.clock.now();
    let (new, warnings) = read_new(&body, &brand, now)?;
    let recorded = cancellation::record(&app.sessions.store, &brand.slug, new, now).await?;
    let (event, duplicate) = match recorded {
        Recorded::New(event) => (event, false),
        Recorded::Known(event) => (event, true),
        Recorded::OtherEnvironment => return Err(other_environment()),
    };
    Ok(Json(CancellationAnswer { event: *event, duplicate, warnings }))
}

/// `PATCH /api/v1/cancellations/{eventId}`: how it ended.
pub async fn update(
    _: SaysJson,
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
    JsonObject(body): JsonObject,
) -> Result<Json<CancellationDetail>, ApiError> {
    may_tell(&brand)?;
    let id = event_id(id)?;
    let (change, warnings) = read_change(&body)?;
    let (store, now) = (&app.sessions.store, app.sessions.clock.now());
    match cancellation::settle(store, &brand.slug, &id, change, now).await? {
        SettleResult::Done(event) => {
            let history = event.history(store).await?;
            Ok(Json(CancellationDetail { event: *event, history, warnings }))
        }
        SettleResult::Unknown => Err(unknown()),
        SettleResult::OtherEnvironment => Err(other_environment()),
    }
}

/// Whether the brand has the ledger, and may tell it something.
fn may_tell(brand: &Brand) -> Result<(), ApiError> {
    advanced(brand)?;
    if brand.access == Access::Demo {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "This is a demo (`access` in farewell.toml): it tells the ledger nothing.",
        ));
    }
    Ok(())
}

/// Whether the brand is on the plan that has the ledger.
///
/// # Errors
/// 403 when it is not.
pub(super) fn advanced(brand: &Brand) -> Result<(), ApiError> {
    if brand.plan == Plan::Advanced {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "This needs the advanced plan: write `plan = \"advanced\"` into the brand in farewell.toml.",
    ))
}

pub(super) fn event_id(id: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let id = id
        .ok()
        .map(|Path(id)| id)
        .filter(|id| !id.trim().is_empty() && id.chars().count() <= 255 && !id.contains(char::is_control));
    id.ok_or_else(|| ApiError::bad_request("`eventId` in the path has to be the id the event was told with."))
}

pub(super) fn unknown() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "No cancellation of this brand has this `eventId`. Tell it first with POST /api/v1/cancellations.",
    )
}

pub(super) fn other_environment() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "The event is in the other environment. Send the `environment` that it was told with first.",
    )
}

fn read_new(
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
        label: fields.text_up_to("label", 500).map(Into::into),
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

fn read_change(body: &Map<String, Value>) -> Result<(Change, Option<Vec<String>>), ApiError> {
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
