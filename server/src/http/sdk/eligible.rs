use axum::Json;
use serde_json::{Value, json};

use super::SdkError;
use super::caller::Caller;
use super::error::{SdkErrorAnswer, SdkFieldErrors};
use crate::billing::ledger::{OpenCoupon, OpenPlan, OpenTo};
use crate::billing::{Reduction, Span};
use crate::clock;
use crate::http::openapi::tag;

/// What is said where nothing is open to a customer.
const NOTHING: &str = "No eligible items found";

/// `GET /api/v1/sdk/customer/plans`: the plans that are open to the customer, by segment.
#[utoipa::path(
    get,
    path = "/api/v1/sdk/customer/plans",
    operation_id = "sdkListEligiblePlans",
    tag = tag::SDK,
    security(("customerToken" = [])),
    params(("site_id" = i64, Query, description = "The brand's `site_id`.")),
    responses(
        (status = 200, description = "The plans.", body = Value),
        (status = 400, description = "`site_id` is missing or not a number.", body = SdkFieldErrors),
        (status = 401, description = "There is no token.", body = SdkErrorAnswer),
        (status = 403, description = "The token is of no use: not one, expired, or of another site. Or the page that asks is not in the brand's `origins`.", body = SdkErrorAnswer),
        (status = 404, description = "There is none.", body = SdkErrorAnswer),
    ),
)]
pub async fn plans(caller: Caller) -> Result<Json<Value>, SdkError> {
    let open = caller.ledger.open_plans(&caller.token.sub).await?;
    answer(open.iter().map(plan).collect())
}

/// `GET /api/v1/sdk/customer/coupons`: the coupons that are open to the customer, by segment.
#[utoipa::path(
    get,
    path = "/api/v1/sdk/customer/coupons",
    operation_id = "sdkListEligibleCoupons",
    tag = tag::SDK,
    security(("customerToken" = [])),
    params(("site_id" = i64, Query, description = "The brand's `site_id`.")),
    responses(
        (status = 200, description = "The coupons.", body = Value),
        (status = 400, description = "`site_id` is missing or not a number.", body = SdkFieldErrors),
        (status = 401, description = "There is no token.", body = SdkErrorAnswer),
        (status = 403, description = "The token is of no use: not one, expired, or of another site. Or the page that asks is not in the brand's `origins`.", body = SdkErrorAnswer),
        (status = 404, description = "There is none.", body = SdkErrorAnswer),
    ),
)]
pub async fn coupons(caller: Caller) -> Result<Json<Value>, SdkError> {
    let open = caller.ledger.open_coupons(&caller.token.sub).await?;
    answer(open.iter().map(coupon).collect())
}

fn answer(items: Vec<Value>) -> Result<Json<Value>, SdkError> {
    if items.is_empty() {
        return Err(SdkError::missing(NOTHING));
    }
    Ok(Json(json!({ "data": items })))
}

pub(super) fn plan(plan: &OpenPlan) -> Value {
    let price = plan.terms.price.as_ref();
    json!({
        "id": plan.id,
        "object": "plan",
        "external_id": plan.terms.id,
        "nickname": plan.terms.name,
        "amount": price.map(|price| price.amount),
        "currency": price.map(|price| price.currency.to_lowercase()),
        "interval": price.map(|price| price.interval.name()),
        "interval_count": price.map(|price| price.interval_count),
        "auto_renew": i32::from(plan.auto_renew),
        "segments": segments(&plan.segments),
    })
}

fn coupon(coupon: &OpenCoupon) -> Value {
    let (percent_off, amount_off, currency) = match &coupon.terms.off {
        Reduction::Percent(percent) => (Some(*percent), None, None),
        Reduction::Amount { amount, currency } => (None, Some(*amount), Some(currency.to_lowercase())),
    };
    let (duration, months) = match coupon.terms.lasts {
        Span::Once => ("once", None),
        Span::Months(months) => ("repeating", Some(months)),
        Span::Forever => ("forever", None),
    };
    json!({
        "id": coupon.id,
        "object": "coupon",
        "code": coupon.code,
        "percent_off": percent_off,
        "amount_off": amount_off,
        "currency": currency,
        "duration": duration,
        "duration_in_months": months,
        "plans": coupon.plans,
        "redeem_by": coupon.redeem_by.map(clock::text),
        "segments": segments(&coupon.segments),
    })
}

fn segments(segments: &[OpenTo]) -> Vec<Value> {
    segments.iter().map(|segment| json!({ "id": segment.id, "name": segment.name })).collect()
}
