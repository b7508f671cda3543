use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::JsonObject;
use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::{Fields, LONGEST_LINE};
use super::openapi::{NoKey, NotJson, Shape, TooLarge, tag};
use super::{ApiError, App};
use crate::billing::ledger::customer;
use crate::brand::BillingKind;
use crate::customer_token::{CustomerToken, MOST_DAYS, USUAL_DAYS};
use crate::session::Environment;

/// What is said where there is no such customer.
const UNKNOWN: &str =
    "The ledger has no customer with this id in this brand. Check that it is the id you imported.";
/// What is said where the ledger does not bill.
const NOT_THE_LEDGER: &str = "This brand is not billed by the ledger, which alone takes these tokens. Write `billing = \"ledger\"` first.";

/// A customer's own token.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerTokenAnswer {
    /// From when on it is of no use.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The brand's `site_id`, which calls with it name.
    site_id: i64,
    /// The token: for this customer's browser, and nobody else.
    token: String,
}

/// `POST /v1/ledger/customer-token`: a customer's own token, for the calls that Pelcro's clients make.
#[utoipa::path(
    post,
    path = "/v1/ledger/customer-token",
    operation_id = "createCustomerToken",
    tag = tag::LEDGER,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    request_body(content = ref("#/components/schemas/CustomerTokenRequest")),
    responses(
        (status = 200, description = "The token.", body = CustomerTokenAnswer),
        (status = 400, body = ErrorAnswer,
            description = "A field of the wrong form, each named.",
            example = json!({ "error": "`customer_id`: is missing; send it, such as \"cus_8fX2\"." })),
        (status = 401, response = NoKey),
        (status = 404, body = ErrorAnswer,
            description = "The brand has no such customer in the ledger.",
            example = json!({ "error": UNKNOWN })),
        (status = 409, body = ErrorAnswer,
            description = "The brand is not billed by the ledger.",
            example = json!({ "error": NOT_THE_LEDGER })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Backend(brand): Backend,
    JsonObject(body): JsonObject,
) -> Result<Json<CustomerTokenAnswer>, ApiError> {
    let (id, environment, days) = read(&body)?;
    if brand.billing != BillingKind::Ledger {
        return Err(ApiError::new(StatusCode::CONFLICT, NOT_THE_LEDGER));
    }
    let sessions = &app.sessions;
    let now = sessions.clock.now();
    if customer(&sessions.store, &brand.slug, environment, &id, now).await?.is_none() {
        return Err(ApiError::new(StatusCode::NOT_FOUND, UNKNOWN));
    }
    let token = CustomerToken::new(id, &brand.slug, environment, days, now);
    let expires_at = jiff::Timestamp::from_second(token.exp).unwrap_or(jiff::Timestamp::MAX);
    Ok(Json(CustomerTokenAnswer {
        expires_at: crate::clock::text(expires_at),
        site_id: brand.site_id,
        token: token.sign(&sessions.signer).map_err(|error| ApiError::internal(&error))?,
    }))
}

fn read(body: &Map<String, Value>) -> Result<(String, Environment, u32), ApiError> {
    let mut fields = Fields::root(body);
    let customer = fields.text("customer_id").map(str::to_owned);
    if customer.is_none() {
        fields.missing("customer_id", "\"cus_8fX2\"");
    }
    let environment = fields.environment().unwrap_or_default();
    let days = fields.integer("days", MOST_DAYS.into());
    if days == Some(0) {
        fields.wrong("days", "has to be at least 1.");
    }
    fields.finish()?;
    let days = days.and_then(|days| u32::try_from(days).ok()).unwrap_or(USUAL_DAYS);
    Ok((customer.unwrap_or_default(), environment, days))
}

/// The schema of what [`create`] reads.
#[must_use]
pub fn request() -> Value {
    Shape::object()
        .must("customer_id", Shape::line(LONGEST_LINE).says("The customer's id in the ledger."))
        .may(
            "days",
            Shape::integer(1, MOST_DAYS.into()).says("For how many days it lasts: 60 when left out."),
        )
        .may("environment", Environment::shape())
        .schema()
}
