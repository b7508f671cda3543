use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::Fields;
use super::openapi::{NoKey, Shape, query_parameter, tag};
use super::query::{PageWanted, Query};
use super::{ApiError, App};
use crate::webhook::{Register, Replay, ShownDelivery, Status};

/// How many deliveries an answer holds at most.
const MOST: u32 = 200;

/// What is said of a limit that is not one.
const BAD_LIMIT: &str = "`limit`: has to be a whole number from 1 to 200.";
/// What is said where there is no such delivery.
const UNKNOWN: &str = "No webhook of this brand has this id.";
/// What is said of a delivery whose endpoint is gone.
const NO_ENDPOINT: &str = "The endpoint of this webhook is no longer in farewell.toml. Add it, or replay the event at the \
     others with `farewell replay-webhooks --event`.";

/// A part of what was told to a brand's endpoints, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryList {
    /// Send it as `cursor` to get the next part. Null: there is none.
    next: Option<String>,
    /// The deliveries.
    webhooks: Vec<ShownDelivery>,
}

/// `GET /v1/webhooks`: the brand's deliveries, newest first.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    operation_id = "listWebhooks",
    tag = tag::WEBHOOKS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(DeliveryFilter),
    responses(
        (status = 200, description = "A part of the list.", body = DeliveryList, links(
            ("replay" = (operation_id = "replayWebhook", parameters(("id" = "$response.body#/webhooks/0/id"))))
        )),
        (status = 400, body = ErrorAnswer,
            description = "A parameter of the wrong form, or one that is not known: each is named.",
            example = json!({ "error": BAD_LIMIT })),
        (status = 401, response = NoKey),
    ),
)]
pub async fn list(
    State(app): State<App>,
    Backend(brand): Backend,
    Query(query): Query,
) -> Result<Json<DeliveryList>, ApiError> {
    let mut fields = Fields::root(&query);
    let status = fields.checked("status", |text| {
        Status::named(text).ok_or_else(|| {
            "has to be \"pending\", \"sent\" or \"failed\"; leave it out for all of them.".into()
        })
    });
    let limit = PageWanted::limit(&mut fields, MOST);
    let cursor = fields.checked("cursor", |text| Ok(text.to_owned()));
    fields.finish_strictly()?;
    let page = register(&app).list(Some(&brand.slug), status, cursor.as_deref(), limit).await?;
    let page = page.ok_or_else(|| {
        ApiError::bad_request("`cursor`: is not one; send `next` of the answer before, unchanged.")
    })?;
    let webhooks = page.deliveries.into_iter().map(ShownDelivery::from).collect();
    Ok(Json(DeliveryList { next: page.next, webhooks }))
}

/// `POST /v1/webhooks/{id}/replay`: puts one of the brand's deliveries in line again. Answers with the delivery.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}/replay",
    operation_id = "replayWebhook",
    tag = tag::WEBHOOKS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(("id" = String, Path, description = "The delivery's id.")),
    responses(
        (status = 200, description = "The delivery, in line again.", body = ShownDelivery),
        (status = 401, response = NoKey),
        (status = 404, body = ErrorAnswer,
            description = "The brand has no such delivery.",
            example = json!({ "error": UNKNOWN })),
        (status = 409, body = ErrorAnswer,
            description = "Its endpoint is not configured any more.",
            example = json!({ "error": NO_ENDPOINT })),
    ),
)]
pub async fn replay(
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ShownDelivery>, ApiError> {
    // Not a text, so it is no id.
    let Path(id) = id.map_err(|_| unknown())?;
    let register = register(&app);
    match register.replay_one(&brand.slug, &id).await? {
        Replay::Unknown => Err(unknown()),
        Replay::NoEndpoint => Err(ApiError::new(StatusCode::CONFLICT, NO_ENDPOINT)),
        Replay::Queued => {
            let delivery = register.delivery(&id).await?.ok_or_else(unknown)?;
            Ok(Json(delivery.into()))
        }
    }
}

/// What [`list`] reads.
#[derive(Clone, Copy, Debug)]
struct DeliveryFilter;

impl IntoParams for DeliveryFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = Shape::integer(1, MOST.into());
        let cursor = Shape::text("^[A-Za-z0-9_-]+$", 255);
        vec![
            query_parameter("status", "Where they are.", Shape::one_of(Status::ALL.map(Status::name))),
            query_parameter("limit", "How many this part may have. 50 where it is left out.", limit),
            query_parameter(
                "cursor",
                "Where this part begins: `next` of the answer before, unchanged.",
                cursor,
            ),
        ]
    }
}

fn register(app: &App) -> Register {
    Register::new(app.sessions.store.clone(), app.sessions.clock.clone())
}

fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, UNKNOWN)
}
