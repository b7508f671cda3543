use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::Caller;
use super::error::{SdkErrorAnswer, SdkFieldErrors};
use super::fields::{SdkBody, SdkFields};
use super::renew::carry_out;
use super::{SdkError, resource};
use crate::billing::{Billing as _, Change, Holding, Lookup};
use crate::brand::CancelTiming;
use crate::http::App;
use crate::http::openapi::{SdkTooLarge, tag};

/// When a subscription is to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Now,
    CurrentPeriodEnd,
    LastPeriodEnd,
}

/// `POST /api/v1/sdk/subscription/cancel`: ends a subscription, without the flow.
#[utoipa::path(
    post,
    path = "/api/v1/sdk/subscription/cancel",
    operation_id = "sdkCancelSubscription",
    tag = tag::SDK,
    security(("customerToken" = [])),
    params(("site_id" = i64, Query, description = "The brand's `site_id`.")),
    request_body(content = ref("#/components/schemas/SdkCancelRequest")),
    responses(
        (status = 200, description = "The customer, with a fresh token.", body = Value),
        (status = 400, description = "Fields that are wrong, each named.", body = SdkFieldErrors),
        (status = 401, description = "There is no token.", body = SdkErrorAnswer),
        (status = 403, description = "The token is of no use: not one, expired, of another site, or of nobody any more. Or the page that asks is not in the brand's `origins`.",
            body = SdkErrorAnswer),
        (status = 404, description = "No such subscription, nothing to cancel, or `now` where the brand cancels at the end of the period.",
            body = SdkErrorAnswer),
        (status = 413, response = SdkTooLarge),
    ),
)]
pub async fn cancel(State(app): State<App>, caller: Caller, body: SdkBody) -> Result<Json<Value>, SdkError> {
    let mut fields = SdkFields::of(&body)?;
    let number = fields.integer("subscription_id");
    let mode = fields.one_of("mode", |text| match text {
        "now" => Some(Mode::Now),
        "current_period_end" => Some(Mode::CurrentPeriodEnd),
        "last_period_end" => Some(Mode::LastPeriodEnd),
        _ => None,
    });
    fields.text("reason");
    fields.finish()?;
    let subscription = named(&caller, number).await?;
    if !holding(&caller, &subscription).await?.can.cancel {
        return Err(SdkError::missing("There is nothing to cancel."));
    }
    let change = match mode.unwrap_or(Mode::LastPeriodEnd) {
        Mode::Now if caller.brand.cancel == CancelTiming::Immediately => Change::CancelImmediately,
        Mode::Now => return Err(SdkError::missing("Immediate cancellation is not enabled.")),
        Mode::CurrentPeriodEnd => Change::CancelAtPeriodEnd { effective_at: None },
        Mode::LastPeriodEnd => {
            let effective_at = caller.ledger.scheduled_until(&subscription).await?;
            Change::CancelAtPeriodEnd { effective_at }
        }
    };
    let key = format!("sdk:{}", Uuid::new_v4());
    carry_out(&app, &caller, &key, subscription, change).await.map_err(SdkError::or_missing)?;
    Ok(Json(resource::customer(&app, &caller).await?))
}

/// What the customer has with a subscription of theirs.
pub(super) async fn holding(caller: &Caller, subscription: &str) -> Result<Holding, SdkError> {
    let lookup = Lookup { customer: Some(caller.token.sub.clone()), ..Lookup::default() };
    let held = caller.ledger.account(&lookup).await?.subscriptions;
    let found = held.into_iter().find(|one| one.id.as_deref() == Some(subscription));
    found.ok_or_else(|| SdkError::missing("Invalid subscription provided."))
}

/// The id of the customer's subscription with this number.
pub(super) async fn named(caller: &Caller, number: Option<i64>) -> Result<String, SdkError> {
    let found = match number {
        Some(number) => caller.ledger.subscription_numbered(&caller.token.sub, number).await?,
        None => None,
    };
    found.ok_or_else(|| SdkError::missing("Invalid subscription provided."))
}

/// The schema of what [`cancel`] reads.
#[must_use]
pub fn request() -> Value {
    json!({
        "type": "object",
        "required": ["subscription_id"],
        "properties": {
            "subscription_id": { "type": "integer", "format": "int32", "description": "The subscription to cancel." },
            "mode": { "type": "string", "enum": ["now", "current_period_end", "last_period_end"], "default": "last_period_end",
                "description": "When it ends: at the end of what is paid for, of all that is scheduled, or at once." },
            "reason": { "type": "string", "maxLength": 255, "description": "Why. It is not kept." },
        },
    })
}
