use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::body::{JsonObject, SaysJson};
use super::caller::Backend;
use super::cancel_link::may_write;
use super::cancellation_request::{read_change, read_new};
use super::error::ErrorAnswer;
use super::fields::LONGEST_LINE;
use super::openapi::{NoKey, NotJson, ReadOnly, Shape, TooLarge, path_parameter, tag};
use super::{ApiError, App};
use crate::brand::{Access, BillingKind, Brand, Plan};
use crate::cancellation::{self, Cancellation, LedgerOutcome, Recorded, SettleResult, Settled};
use crate::intents;

/// What is said to a brand that does not have the ledger.
pub const ADVANCED_ONLY: &str =
    "This needs the advanced plan: write `plan = \"advanced\"` into the brand in farewell.toml.";
/// What is said of an event that nobody has told of.
pub(super) const UNKNOWN: &str =
    "No cancellation of this brand has this `eventId`. Tell it first with POST /api/v1/cancellations.";
/// What is said of an event of the other environment.
const OTHER_ENVIRONMENT: &str =
    "The event is in the other environment. Send the `environment` that it was told with first.";
/// What is said of a path without an event.
pub(super) const NO_EVENT: &str = "`eventId` in the path has to be the id the event was told with.";
/// An event of the ledger, as it was told.
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
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
#[utoipa::path(
    post,
    path = "/api/v1/cancellations",
    operation_id = "createCancellation",
    tag = tag::CANCELLATIONS,
    description = "For a cancel flow of your own; what happens in this server's flow is written by itself. The same `eventId` \
        told again is answered with what is there and `duplicate`, and nothing is changed. Members may also be written with \
        underscores, such as `event_id`; those that are not known are ignored, and in the sandbox named in `warnings`.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    request_body(content = ref("#/components/schemas/CancellationRequest")),
    responses(
        (status = 200, description = "The event, as it is kept.", body = CancellationAnswer, links(
            ("read" = (operation_id = "getCancellation", parameters(("event_id" = "$response.body#/eventId")))),
            ("settle" = (operation_id = "settleCancellation", parameters(("event_id" = "$response.body#/eventId"))))
        )),
        (status = 400, body = ErrorAnswer,
            description = "A field of the wrong form, or missing: each is named.",
            example = json!({ "error": "`eventId`: is missing; send it, such as \"cancel_evt_8f30a7bf\"." })),
        (status = 401, response = NoKey),
        (status = 402, response = ReadOnly),
        (status = 403, body = ErrorAnswer,
            description = "The brand is not on the advanced plan, or a demo.",
            example = json!({ "error": ADVANCED_ONLY })),
        (status = 409, body = ErrorAnswer,
            description = "The event was told before, in the other environment.",
            example = json!({ "error": OTHER_ENVIRONMENT })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn create(
    _: SaysJson,
    State(app): State<App>,
    Backend(brand): Backend,
    body: Result<JsonObject, ApiError>,
) -> Result<Json<CancellationAnswer>, ApiError> {
    may_write(&brand)?;
    may_tell(&brand)?;
    // What is wrong with the body is said to those alone who may send one.
    let JsonObject(body) = body?;
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

/// `PATCH /api/v1/cancellations/{event_id}`: how it ended.
#[utoipa::path(
    patch,
    path = "/api/v1/cancellations/{event_id}",
    operation_id = "settleCancellation",
    tag = tag::CANCELLATIONS,
    description = "Sets the outcome, and nothing else. The last one that was set counts, and all of them are kept. Events of this \
        server's own flow can be settled too. Members may also be written with underscores; those that are not known are \
        ignored, and in the sandbox named in `warnings`.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(EventPath),
    request_body(content = ref("#/components/schemas/CancellationOutcomeRequest")),
    responses(
        (status = 200, description = "The event, with every outcome that was set.", body = CancellationDetail),
        (status = 400, body = ErrorAnswer,
            description = "A field of the wrong form, or missing: each is named.",
            example = json!({ "error": "`outcome`: is missing; send it, such as \"churned\" or \"recovered\"." })),
        (status = 401, response = NoKey),
        (status = 403, body = ErrorAnswer,
            description = "The brand is not on the advanced plan, or a demo.",
            example = json!({ "error": ADVANCED_ONLY })),
        (status = 404, body = ErrorAnswer,
            description = "The brand has no such event.",
            example = json!({ "error": UNKNOWN })),
        (status = 409, body = ErrorAnswer,
            description = "The event is in the other environment.",
            example = json!({ "error": OTHER_ENVIRONMENT })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn update(
    _: SaysJson,
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
    body: Result<JsonObject, ApiError>,
) -> Result<Json<CancellationDetail>, ApiError> {
    may_tell(&brand)?;
    let JsonObject(body) = body?;
    let id = event_id(id)?;
    let (change, warnings) = read_change(&body)?;
    let (store, now) = (&app.sessions.store, app.sessions.clock.now());
    if brand.billing == BillingKind::Merchant {
        let gone = change.outcome == LedgerOutcome::Churned;
        intents::told(store, &brand.slug, change.environment, &id, gone, now).await?;
    }
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
    Err(ApiError::new(StatusCode::FORBIDDEN, ADVANCED_ONLY))
}

pub(super) fn event_id(id: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let id = id.ok().filter(|Path(id)| id.chars().count() <= LONGEST_LINE);
    // As it was read where it was told.
    let id = id.map(|Path(id)| id.trim().to_owned());
    let id = id.filter(|id| !id.is_empty() && !id.contains(char::is_control));
    id.ok_or_else(|| ApiError::bad_request(NO_EVENT))
}

pub(super) fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, UNKNOWN)
}

pub(super) fn other_environment() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, OTHER_ENVIRONMENT)
}

/// The event that a path names.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventPath;

impl IntoParams for EventPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let id = Shape::line(LONGEST_LINE);
        vec![path_parameter(
            "event_id",
            "The id the event was told with; of this server's flow, `eventId` of its result.",
            id,
        )]
    }
}
