use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::caller::Backend;
use super::{ApiError, App};
use crate::billing::ledger::{Customer, customer};

/// `GET /v1/ledger/customers/{customer_id}`: a customer of the built-in billing, with subscriptions and discounts.
pub async fn get(
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Customer>, ApiError> {
    let now = app.sessions.clock.now();
    let found = match id {
        Ok(Path(id)) => customer(&app.sessions.store, &brand.slug, &id, now).await?,
        // Not a text, so it is nobody's id.
        Err(_) => None,
    };
    found.map(Json).ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "The ledger has no customer with this id in this brand. Check that it is the id you imported.",
        )
    })
}
