use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::body::JsonObject;
use super::caller::Backend;
use super::fields::Fields;
use super::{ApiError, App};
use crate::billing::Lookup;
use crate::hub::NewHub;
use crate::locale;

/// `POST /v1/subscription/session`: a session id of the hub, for a customer. Nothing is stored.
pub async fn create(
    State(app): State<App>,
    Backend(brand): Backend,
    JsonObject(body): JsonObject,
) -> Result<Json<Value>, ApiError> {
    let created = app.sessions.create_hub(&brand, read(&body)?).await?;
    Ok(Json(json!({
        "id": created.id,
        "session": { "id": created.id },
        "expires_at": created.expires_at,
    })))
}

fn read(body: &Map<String, Value>) -> Result<NewHub, ApiError> {
    let mut fields = Fields::of(body, "subscription")?;
    let customer = fields.text("customer_id").map(Into::into);
    let email = fields.text("customer_email").map(Into::into);
    let tag = fields.checked("locale", locale::well_formed);
    let environment = fields.environment();
    let new = NewHub {
        lookup: Lookup { customer, email, subscription: None },
        environment: environment.unwrap_or_default(),
        // A language that nobody has written the words of yet falls back to the brand's.
        locale: tag.filter(|tag| locale::supported(tag).is_ok()),
    };
    fields.finish()?;
    if new.lookup.customer.is_none() && new.lookup.email.is_none() {
        return Err(ApiError::bad_request(
            "`subscription` names no customer: send `subscription.customer_id`, or `subscription.customer_email`.",
        ));
    }
    Ok(new)
}
