use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::caller::Caller;
use super::error::{SdkErrorAnswer, SdkRefusal};
use super::fields::{SdkBody, SdkFields};
use super::{SdkError, resource};
use crate::billing::{Answer, Billing, Change, Gateway, GatewayToken, Instruction, Renewal, Wanted};
use crate::http::openapi::{SdkTooLarge, tag};
use crate::http::{ApiError, App};

/// What is said where the ledger does not answer in time.
const TRY_AGAIN: &str = "The renewal could not be confirmed. Send it again with the same Idempotency-Key.";
/// The longest `Idempotency-Key`, in bytes.
const LONGEST_KEY: usize = 255;

/// `POST /api/v1/sdk/subscription/renew`: one more term, behind everything that is scheduled.
#[utoipa::path(
    post,
    path = "/api/v1/sdk/subscription/renew",
    operation_id = "sdkRenewSubscription",
    tag = tag::SDK,
    description = "Adds a phase to the subscription's schedule; the current period stays as long as it is. With \
        `replace_upcoming_phases` it takes the place of every phase that has not begun: an offer to stay, as a single discounted \
        phase. A cancellation that has not taken effect is taken back. With an `Idempotency-Key` the same request again renews \
        once.",
    security(("customerToken" = [])),
    params(
        ("site_id" = i64, Query, description = "The brand's `site_id`."),
        ("Idempotency-Key" = Option<String>, Header, description = "Any text of at most 255 characters, new for every renewal."),
    ),
    request_body(content = ref("#/components/schemas/SdkRenewRequest")),
    responses(
        (status = 200, description = "The customer, with a fresh token.", body = Value),
        (status = 400, description = "Fields that are wrong, each named; or `error.message` says which rule forbids it.",
            body = SdkRefusal),
        (status = 401, description = "There is no token.", body = SdkErrorAnswer),
        (status = 403, description = "The token is of no use: not one, expired, of another site, or of nobody any more. Or the page that asks is not in the brand's `origins`.",
            body = SdkErrorAnswer),
        (status = 413, response = SdkTooLarge),
    ),
)]
pub async fn renew(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: SdkBody,
) -> Result<Json<Value>, SdkError> {
    let mut fields = SdkFields::of(&body)?;
    let plan = fields.required("plan_id", "Plan ID");
    let number = fields.required("subscription_id", "Subscription ID");
    let language = fields.text("language");
    if language.as_ref().is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_lowercase()))
    {
        fields.refuse("language", "The language must be a two-letter ISO 639-1 code.");
    }
    let gateway = fields.one_of("payment_gateway", Gateway::named).unwrap_or_default();
    // The React client sends `stripe_token` to Stripe, and `gateway_token` to all others.
    let token = fields.token("gateway_token").or_else(|| fields.token("stripe_token"));
    let quantity = fields.integer("quantity").unwrap_or(1);
    let quantity = u32::try_from(quantity).unwrap_or_default();
    let mut renewal = Renewal {
        quantity,
        coupon: fields.text("coupon_code"),
        replace_upcoming_phases: fields.flag("replace_upcoming_phases"),
        address: fields.integer("address_id"),
        payment_method: fields.integer("source_id"),
        new_payment_method: token.map(|token| GatewayToken { gateway, token }),
        campaign: fields.text("campaign_key"),
        origin: fields.text("source"),
        language,
        ..Renewal::of("")
    };
    fields.finish()?;
    let Caller { token, ledger, .. } = &caller;
    let subscription = ledger.subscription_numbered(&token.sub, number).await?;
    let subscription = subscription.ok_or_else(|| SdkError::rule("Invalid subscription provided."))?;
    let plan = ledger.plan_numbered(plan).await?;
    renewal.plan = plan.ok_or_else(|| SdkError::rule("Invalid plan provided."))?;
    let key = key(&headers, &caller, &body.0)?;
    if !ledger.has_done(&key).await? {
        if renewal.coupon.is_some() {
            app.sessions.limits.count_code(token.asker()).map_err(ApiError::too_many)?;
        }
        let quote = ledger.quote(&token.sub, Some(&subscription), &Wanted::Renew(renewal)).await?;
        carry_out(&app, &caller, &key, subscription, quote.change).await?;
    }
    Ok(Json(resource::customer(&app, &caller).await?))
}

/// Has the ledger do something now.
pub(super) async fn carry_out(
    app: &App,
    caller: &Caller,
    key: &str,
    subscription: String,
    change: Change,
) -> Result<(), SdkError> {
    // Nobody is kept from leaving.
    if !matches!(change, Change::CancelImmediately | Change::CancelAtPeriodEnd { .. }) {
        app.sessions.limits.count_change(caller.token.asker()).map_err(ApiError::too_many)?;
    }
    let instruction = Instruction {
        customer: caller.token.sub.clone(),
        subscription: Some(subscription),
        session: None,
        event: None,
        reason: None,
        requested_at: app.sessions.clock.now(),
        change,
    };
    match caller.ledger.execute(key, &instruction).await {
        Answer::Applied | Answer::Requested => Ok(()),
        Answer::Refused(why) => Err(SdkError::rule(why)),
        Answer::Waits(_) => Err(SdkError::rule("The payment has to be authenticated.")),
        Answer::Unknown(why) => {
            tracing::error!(why, "the ledger has not answered");
            Err(SdkError::Rule(axum::http::StatusCode::INTERNAL_SERVER_ERROR, TRY_AGAIN.into()))
        }
    }
}

/// What the same request again has in common with this one: customer, `Idempotency-Key` and body. Without a key it is another.
fn key(headers: &HeaderMap, caller: &Caller, body: &[u8]) -> Result<String, SdkError> {
    let Some(given) = headers.get("idempotency-key") else { return Ok(format!("sdk:{}", Uuid::new_v4())) };
    let text = given.to_str().ok().filter(|text| !text.is_empty() && text.len() <= LONGEST_KEY);
    let wrong = || SdkError::field("Idempotency-Key", "The key must be a text of 1 to 255 characters.");
    let text = text.ok_or_else(wrong)?;
    let Caller { token, brand, .. } = caller;
    let whole = json!([brand.slug, token.environment, token.sub, text, String::from_utf8_lossy(body)]);
    let hash = Sha256::digest(whole.to_string());
    Ok(format!("sdk:{}", URL_SAFE_NO_PAD.encode(hash)))
}

/// The schema of what [`renew`] reads.
#[must_use]
pub fn request() -> Value {
    let text = |says: &str| json!({ "type": "string", "maxLength": 255, "description": says });
    let number = |says: &str| json!({ "type": "integer", "format": "int32", "description": says });
    json!({
        "type": "object",
        "required": ["plan_id", "subscription_id"],
        "properties": {
            "plan_id": number("The plan to renew on. It has to be open to the customer: see the eligible plans."),
            "subscription_id": number("The subscription to renew."),
            "language": { "type": "string", "pattern": "^[a-z]{2}$", "description": "ISO 639-1 code of the language the customer prefers." },
            "payment_gateway": { "type": "string", "enum": Gateway::ALL.map(Gateway::name), "default": "stripe",
                "description": "Who gave `gateway_token`." },
            "gateway_token": { "type": "string", "maxLength": 2048, "description": "What a gateway's own page calls the payment method." },
            "stripe_token": { "type": "string", "maxLength": 2048, "description": "The same, as older clients send it." },
            "address_id": number("One of the customer's addresses. Required where the plan is delivered."),
            "source_id": number("One of the customer's payment methods."),
            "campaign_key": { "type": "string", "pattern": "^[A-Za-z0-9_-]{3,191}$", "description": "The campaign it comes from; made if there is none." },
            "coupon_code": text("Lowers payments from this term on. It has to be open to the customer: see the eligible coupons."),
            "quantity": { "type": "integer", "minimum": 1, "maximum": 10000, "default": 1, "description": "How many of the plan." },
            "source": text("Where the customer asked for it, such as `web`."),
            "replace_upcoming_phases": { "type": "boolean", "default": false, "description": "Takes the place of every phase that has not begun." },
        },
    })
}
