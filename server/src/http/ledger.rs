use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::caller::Backend;
use super::{ApiError, App};
use crate::billing::ledger::{Customer, customer};

/// `GET /v1/ledger/customers/{customer_id}`: a customer of the built-in billing, with subscriptions and discounts.
pub async fn get(
    State(app): State<App>,
    Backend(brand): Backend,
    Path(id): Path<String>,
) -> Result<Json<Customer>, ApiError> {
    let now = app.sessions.clock.now();
    match customer(&app.sessions.store, &brand.slug, &id, now).await? {
        Some(customer) => Ok(Json(customer)),
        None => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "The ledger has no customer with this id in this brand. Check that it is the id you imported.",
        )),
    }
}
