use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiError;
use super::caller::Backend;
use super::error::ErrorAnswer;
use super::openapi::{NoKey, tag};
use super::query::Query;

/// Why a brand's customers may leave.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonList {
    /// The reasons, in the order customers see them.
    reasons: Vec<ListedReason>,
}

/// A reason, as it is configured.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedReason {
    /// The merchant's key of it: what `reasonKey` holds.
    key: String,
    /// What customers read.
    label: String,
    /// Which of the eight codes it has that the billing world shares.
    #[schema(value_type = Option<flow::ReasonCode>)]
    code: Option<&'static str>,
    /// What is asked of whoever chooses it.
    follow_up: Option<String>,
    /// Ids of the offers that answer it, best first.
    offers: Vec<String>,
}

/// `GET /v1/reasons`: why the brand's customers may leave, as farewell.toml has it now.
#[utoipa::path(
    get,
    path = "/v1/reasons",
    operation_id = "listReasons",
    tag = tag::CANCELLATIONS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    responses(
        (status = 200, description = "The reasons, in the order customers see them.", body = ReasonList),
        (status = 400, body = ErrorAnswer,
            description = "A parameter: there are none here. Each is named.",
            example = json!({ "error": "`environment` is not a field." })),
        (status = 401, response = NoKey),
    ),
)]
pub async fn list(Backend(brand): Backend, query: Query) -> Result<Json<ReasonList>, ApiError> {
    query.refuse_all()?;
    let reasons = brand.reasons.iter().map(|reason| ListedReason {
        key: reason.key.clone(),
        label: reason.label.clone(),
        code: reason.code.map(flow::ReasonCode::name),
        follow_up: reason.follow_up.clone(),
        offers: reason.offers.clone(),
    });
    Ok(Json(ReasonList { reasons: reasons.collect() }))
}
