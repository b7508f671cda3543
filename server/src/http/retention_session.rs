use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::body::JsonObject;
use super::caller::Backend;
use super::fields::Fields;
use super::wish::{self, Wish};
use super::{ApiError, App};
use crate::billing::Lookup;
use crate::brand::Brand;
use crate::locale::Pack;
use crate::session::NewSession;

/// `POST /v1/retention/session`: a session id for a customer. Nothing is stored until a browser opens it.
pub async fn create(
    State(app): State<App>,
    Backend(brand): Backend,
    JsonObject(body): JsonObject,
) -> Result<Json<Value>, ApiError> {
    let new = read(&body, &brand)?;
    let created = app.sessions.create(&brand, new).await?;
    let pack = Pack::of(&created.locale);
    Ok(Json(json!({
        "id": created.id,
        "session": { "id": created.id },
        "label": { "text": pack.button(&created.policy, brand.own_words(&created.locale)), "lang": pack.language() },
        "policy": created.policy,
        "expires_at": created.expires_at,
    })))
}

/// How much of the merchant's own notes fits into a session id, in bytes of JSON: it travels in a header.
const SEALED_METADATA: usize = 2048;

fn read(body: &Map<String, Value>, brand: &Brand) -> Result<NewSession, ApiError> {
    let mut fields = Fields::of(body, "retention")?;
    let customer = fields.text("customer_id").map(Into::into);
    let email = fields.text("customer_email").map(Into::into);
    let subscription = fields.text("subscription_id").map(Into::into);
    let wish = Wish::read(&mut fields, "contract_started_at");
    let environment = fields.environment();
    let withdrawal = fields.checked("purpose", |text| match text {
        "cancel" => Ok(false),
        "withdraw" => Ok(true),
        _ => Err(format!("\"{text}\" is neither \"cancel\" nor \"withdraw\".")),
    });
    let new = NewSession {
        lookup: Lookup { customer, email, subscription },
        environment: environment.unwrap_or_default(),
        place: wish.place,
        locale: wish.locale,
        consumer: wish.consumer,
        withdrawal: withdrawal.unwrap_or_default(),
        contract_started_at: wish.contract_started_at,
        return_url: fields.checked("return_url", |text| wish::return_url(text, brand)).map(Into::into),
        metadata: fields.flat("metadata", SEALED_METADATA),
    };
    fields.finish()?;
    if new.lookup.customer.is_none() && new.lookup.email.is_none() {
        return Err(ApiError::bad_request(
            "`retention` names no customer: send `retention.customer_id`, or `retention.customer_email`.",
        ));
    }
    Ok(new)
}
