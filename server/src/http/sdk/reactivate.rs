use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::Caller;
use super::cancel::{holding, named};
use super::error::{SdkErrorAnswer, SdkFieldErrors};
use super::fields::{SdkBody, SdkFields};
use super::renew::carry_out;
use super::{SdkError, resource};
use crate::billing::Change;
use crate::http::App;
use crate::http::openapi::{SdkTooLarge, tag};

/// `POST /api/v1/sdk/subscription/reactivate`: takes a cancellation back that has not taken effect.
#[utoipa::path(
    post,
    path = "/api/v1/sdk/subscription/reactivate",
    operation_id = "sdkReactivateSubscription",
    tag = tag::SDK,
    security(("customerToken" = [])),
    params(("site_id" = i64, Query, description = "The brand's `site_id`.")),
    request_body(content = ref("#/components/schemas/SdkReactivateRequest")),
    responses(
        (status = 200, description = "The customer, with a fresh token.", body = Value),
        (status = 400, description = "Fields that are wrong, each named.", body = SdkFieldErrors),
        (status = 401, description = "There is no token.", body = SdkErrorAnswer),
        (status = 403, description = "The token is of no use: not one, expired, of another site, or of nobody any more. Or the page that asks is not in the brand's `origins`.",
            body = SdkErrorAnswer),
        (status = 404, description = "No such subscription, or no cancellation that could be taken back.", body = SdkErrorAnswer),
        (status = 413, response = SdkTooLarge),
    ),
)]
pub async fn reactivate(
    State(app): State<App>,
    caller: Caller,
    body: SdkBody,
) -> Result<Json<Value>, SdkError> {
    let mut fields = SdkFields::of(&body)?;
    let number = fields.integer("subscription_id");
    fields.finish()?;
    let subscription = named(&caller, number).await?;
    let held = holding(&caller, &subscription).await?;
    if held.ended || held.ends_at.is_none() || held.can.cancel {
        return Err(SdkError::missing("There is no cancellation that could be taken back."));
    }
    let key = format!("sdk:{}", Uuid::new_v4());
    let done = carry_out(&app, &caller, &key, subscription, Change::Undo).await;
    done.map_err(SdkError::or_missing)?;
    Ok(Json(resource::customer(&app, &caller).await?))
}

/// The schema of what [`reactivate`] reads.
#[must_use]
pub fn request() -> Value {
    json!({
        "type": "object",
        "required": ["subscription_id"],
        "properties": {
            "subscription_id": { "type": "integer", "format": "int32", "description": "The subscription that was canceled." },
        },
    })
}
