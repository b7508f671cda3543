use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::Fields;
use super::openapi::{NoKey, query_parameter, tag};
use super::query::Query;
use super::{ApiError, App};
use crate::billing::ledger::{Customer, customer};
use crate::session::Environment;

/// What is said where there is no such customer.
const UNKNOWN: &str =
    "The ledger has no customer with this id in this brand. Check that it is the id you imported.";

/// `GET /v1/ledger/customers/{customer}`: a customer of the built-in billing, with subscriptions and discounts.
#[utoipa::path(
    get,
    path = "/v1/ledger/customers/{customer}",
    operation_id = "getLedgerCustomer",
    tag = tag::LEDGER,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(("customer" = String, Path, description = "The id it was imported with: `external_id`."), LedgerFilter),
    responses(
        (status = 200, description = "The customer, as of now.", body = Customer),
        (status = 400, body = ErrorAnswer,
            description = "A parameter of the wrong form, or one that is not known: each is named.",
            example = json!({ "error": "`environment`: \"test\" is neither \"prod\" nor \"sandbox\"." })),
        (status = 401, response = NoKey),
        (status = 404, body = ErrorAnswer,
            description = "The brand has no such customer in the ledger.",
            example = json!({ "error": UNKNOWN })),
    ),
)]
pub async fn get(
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
    Query(query): Query,
) -> Result<Json<Customer>, ApiError> {
    let mut fields = Fields::root(&query);
    let environment = fields.environment().unwrap_or_default();
    fields.finish_strictly()?;
    let now = app.sessions.clock.now();
    let found = match id {
        Ok(Path(id)) => customer(&app.sessions.store, &brand.slug, environment, &id, now).await?,
        // Not a text, so it is nobody's id.
        Err(_) => None,
    };
    found.map(Json).ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, UNKNOWN))
}

/// What [`get`] reads.
#[derive(Clone, Copy, Debug)]
struct LedgerFilter;

impl IntoParams for LedgerFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let says = "As it counts, or as somebody trying things out has changed it.";
        vec![query_parameter("environment", says, Environment::shape())]
    }
}
