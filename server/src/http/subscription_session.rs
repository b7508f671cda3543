use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::JsonObject;
use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::{Fields, LONGEST_LINE};
use super::openapi::{NoKey, NotJson, Shape, TooLarge, tag};
use super::retention_session::SessionName;
use super::wish::{customer_token, locale_shape};
use super::{ApiError, App};
use crate::billing::{Lookup, LookupError};
use crate::hub::NewHub;
use crate::locale;
use crate::session::Environment;

/// A session of the subscription hub.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionSession {
    /// Until when it can be used: 24 hours.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The session id, for the browser.
    id: String,
    /// The same id once more.
    session: SessionName,
}

/// `POST /v1/subscription/session`: a session id of the hub, for a customer. Nothing is stored.
#[utoipa::path(
    post,
    path = "/v1/subscription/session",
    operation_id = "createSubscriptionSession",
    tag = tag::SESSIONS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    request_body(content = ref("#/components/schemas/SubscriptionSessionRequest")),
    responses(
        (status = 200, description = "The session id.", body = SubscriptionSession, links(
            ("show" = (operation_id = "showHub", request_body = json!({ "session": "$response.body#/id" })))
        )),
        (status = 400, body = ErrorAnswer,
            description = "A field of the wrong form, each named; nobody named; an id and an e-mail address of different customers; or billing \
             that needs the customer's own token and has none.",
            example = json!({ "error": NOBODY })),
        (status = 401, response = NoKey),
        (status = 404, body = ErrorAnswer,
            description = "Billing knows no such customer.",
            example = json!({ "error": LookupError::UnknownCustomer.to_string() })),
        (status = 409, body = ErrorAnswer,
            description = "The e-mail address names several customers, or the id may name two; or the customer's own token has expired.",
            example = json!({ "error": LookupError::SeveralCustomers.to_string() })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Backend(brand): Backend,
    JsonObject(body): JsonObject,
) -> Result<Json<SubscriptionSession>, ApiError> {
    let new = read(&body)?;
    app.sessions.unmistakable(&brand, new.environment, &new.lookup).await?;
    let created = app.sessions.create_hub(&brand, new).await?;
    Ok(Json(SubscriptionSession {
        expires_at: created.expires_at,
        id: created.id.clone(),
        session: SessionName { id: created.id },
    }))
}

/// What is said where no customer is named.
const NOBODY: &str =
    "`subscription` names no customer: send `subscription.customer_id`, or `subscription.customer_email`.";

fn read(body: &Map<String, Value>) -> Result<NewHub, ApiError> {
    let mut fields = Fields::of(body, "subscription")?;
    let customer = fields.text("customer_id").map(Into::into);
    let email = fields.text("customer_email").map(Into::into);
    let tag = fields.checked("locale", locale::well_formed);
    let environment = fields.environment();
    let new = NewHub {
        lookup: Lookup { customer, email, subscription: None, token: customer_token::read(&mut fields) },
        environment: environment.unwrap_or_default(),
        // A language that nobody has written the words of yet falls back to the brand's.
        locale: tag.filter(|tag| locale::supported(tag).is_ok()),
    };
    fields.finish()?;
    if new.lookup.customer.is_none() && new.lookup.email.is_none() {
        return Err(ApiError::bad_request(NOBODY));
    }
    Ok(new)
}

/// The schema of what [`create`] reads.
pub fn request() -> Value {
    let subscription = Shape::object()
        .may(
            "customer_id",
            Shape::line(LONGEST_LINE).says("The customer's id in billing, or yours, where that is imported."),
        )
        .may("customer_email", Shape::line(LONGEST_LINE).says("The customer's e-mail address."))
        .may(customer_token::FIELD, customer_token::shape())
        .may("locale", locale_shape())
        .may("environment", Environment::shape())
        .any_of(&["customer_id", "customer_email"])
        .says("Who it is for. Members that are not known are ignored.");
    Shape::object().must("subscription", subscription).schema()
}
