use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use serde_json::{Value, json};

use super::caller::Backend;
use super::{ApiError, App};
use crate::webhook::{Delivery, Register, Replay, Status};

/// How many deliveries an answer holds, unless said otherwise, and at most.
const USUAL: u32 = 50;
const MOST: u32 = 200;

/// `GET /v1/webhooks`: the brand's deliveries, newest first. `?status=` names one status, `?limit=` how many, `?cursor=` where to
/// go on.
pub async fn list(
    State(app): State<App>,
    Backend(brand): Backend,
    uri: Uri,
) -> Result<Json<Value>, ApiError> {
    let (mut status, mut cursor, mut limit) = (None, None, USUAL);
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "status" => status = Some(Status::named(&value).ok_or_else(unknown_status)?),
            "cursor" => cursor = Some(value.into_owned()),
            "limit" => {
                let number = value.parse().ok().filter(|number| (1..=MOST).contains(number));
                limit = number.ok_or_else(|| {
                    ApiError::bad_request("`limit` has to be a whole number from 1 to 200.")
                })?;
            }
            _ => {}
        }
    }
    let page = register(&app).list(Some(&brand.slug), status, cursor.as_deref(), limit).await?;
    let page = page.ok_or_else(|| {
        ApiError::bad_request("`cursor` is not one: pass `next_cursor` of the answer before, unchanged.")
    })?;
    let webhooks: Vec<Value> = page.deliveries.iter().map(Delivery::to_json).collect();
    Ok(Json(json!({ "webhooks": webhooks, "next_cursor": page.next })))
}

/// `POST /v1/webhooks/{id}/replay`: puts one of the brand's deliveries in line again. Answers with the delivery.
pub async fn replay(
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    // Not a text, so it is no id.
    let Path(id) = id.map_err(|_| unknown())?;
    let register = register(&app);
    match register.replay_one(&brand.slug, &id).await? {
        Replay::Unknown => Err(unknown()),
        Replay::NoEndpoint => Err(ApiError::new(
            StatusCode::CONFLICT,
            "The endpoint of this webhook is no longer in farewell.toml. Add it, or replay the event at the others with \
             `farewell replay-webhooks --event`.",
        )),
        Replay::Queued => {
            let delivery = register.delivery(&id).await?.ok_or_else(unknown)?;
            Ok(Json(delivery.to_json()))
        }
    }
}

fn register(app: &App) -> Register {
    Register::new(app.sessions.store.clone(), app.sessions.clock.clone())
}

fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "No webhook of this brand has this id.")
}

fn unknown_status() -> ApiError {
    ApiError::bad_request(
        "`status` has to be \"pending\", \"sent\" or \"failed\"; leave it out for all of them.",
    )
}
