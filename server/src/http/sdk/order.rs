use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::SdkError;
use super::caller::Caller;
use super::eligible::plan;
use super::error::{SdkErrorAnswer, SdkFieldErrors};
use super::fields::{SdkBody, SdkFields};
use crate::http::openapi::{SdkTooLarge, tag};
use crate::http::{ApiError, App};

/// `POST /api/v1/sdk/order`: what a plan would cost, with a coupon. Nothing is made.
#[utoipa::path(
    post,
    path = "/api/v1/sdk/order",
    operation_id = "sdkPreviewOrder",
    tag = tag::SDK,
    security(("customerToken" = [])),
    params(("site_id" = i64, Query, description = "The brand's `site_id`.")),
    request_body(content = ref("#/components/schemas/SdkOrderRequest")),
    responses(
        (status = 200, description = "The price, in minor units.", body = Value),
        (status = 400, description = "Fields that are wrong, each named.", body = SdkFieldErrors),
        (status = 401, description = "There is no token.", body = SdkErrorAnswer),
        (status = 403, description = "The token is of no use: not one, expired, or of another site. Or the page that asks is not in the brand's `origins`.", body = SdkErrorAnswer),
        (status = 404, description = "No such plan, coupon, address or subscription, or not for this customer.",
            body = SdkErrorAnswer),
        (status = 413, response = SdkTooLarge),
    ),
)]
pub async fn preview(State(app): State<App>, caller: Caller, body: SdkBody) -> Result<Json<Value>, SdkError> {
    let mut fields = SdkFields::of(&body)?;
    let number = fields.required("plan_id", "Plan ID");
    let code = fields.text("coupon_code");
    let address = fields.integer("address_id");
    let subscription = fields.integer("subscription_id");
    fields.finish()?;
    let Caller { token, ledger, .. } = &caller;
    if subscription.is_some() {
        super::cancel::named(&caller, subscription).await?;
    }
    if code.is_some() {
        app.sessions.limits.count_code(token.asker()).map_err(ApiError::too_many)?;
    }
    let id = ledger.plan_numbered(number).await?;
    let id = id.ok_or_else(|| SdkError::missing("Invalid plan provided."))?;
    let order = ledger.order(&token.sub, &id, code.as_deref(), address).await;
    let order = order.map_err(|error| SdkError::from(error).or_missing())?;
    let currency = order.plan.terms.price.as_ref().map(|price| price.currency.to_lowercase());
    Ok(Json(json!({
        "error": false,
        "data": {
            "plan": plan(&order.plan),
            "currency": currency,
            "subtotal": order.subtotal,
            "discount": order.discount,
            "total": order.subtotal - order.discount,
            "coupon_code": code,
        },
    })))
}

/// The schema of what [`preview`] reads.
#[must_use]
pub fn request() -> Value {
    let number = |says: &str| json!({ "type": "integer", "format": "int32", "description": says });
    json!({
        "type": "object",
        "required": ["plan_id"],
        "properties": {
            "plan_id": number("The plan."),
            "coupon_code": { "type": "string", "maxLength": 255, "description": "A coupon's code." },
            "address_id": number("One of the customer's addresses."),
            "subscription_id": number("The subscription it would be for."),
        },
    })
}
