use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::caller::Caller;
use super::error::{SdkErrorAnswer, SdkFieldErrors};
use super::{SdkError, resource};
use crate::http::App;
use crate::http::openapi::tag;

/// `GET /api/v1/sdk/customer`: the customer whose token it is, with a fresh one.
#[utoipa::path(
    get,
    path = "/api/v1/sdk/customer",
    operation_id = "sdkGetCustomer",
    tag = tag::SDK,
    security(("customerToken" = [])),
    params(("site_id" = i64, Query, description = "The brand's `site_id`.")),
    responses(
        (status = 200, description = "The customer.", body = Value),
        (status = 400, description = "`site_id` is missing or not a number.", body = SdkFieldErrors),
        (status = 401, description = "There is no token.", body = SdkErrorAnswer),
        (status = 403, description = "The token is of no use: not one, expired, of another site, or of nobody any more. Or the page that asks is not in the brand's `origins`.",
            body = SdkErrorAnswer),
    ),
)]
pub async fn get(State(app): State<App>, caller: Caller) -> Result<Json<Value>, SdkError> {
    Ok(Json(resource::customer(&app, &caller).await?))
}
