use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::openapi::tag;
use super::{ApiError, App};
use crate::store;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// The declarations that wait for somebody.
    declarations: WaitingDeclarations,
    /// How many changes billing has not answered yet.
    pending: i64,
    /// `ok`.
    status: &'static str,
    /// The server's version.
    version: &'static str,
}

/// Declarations that are neither done nor dismissed.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingDeclarations {
    /// All of them.
    open: i64,
    /// Those that have waited for more than 24 hours.
    overdue: i64,
}

/// `GET /api/health`: whether the server can do its work.
#[utoipa::path(
    get,
    path = "/api/health",
    operation_id = "getHealth",
    tag = tag::SERVER,
    responses((status = 200, description = "The server answers.", body = Health)),
)]
pub async fn get(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    let pending: i64 = sqlx::query_scalar("SELECT count(*) FROM intents WHERE status = 'pending'")
        .fetch_one(app.sessions.store.read())
        .await
        .map_err(store::Error::from)?;
    let declarations = app.desk.register.waiting().await?;
    Ok(Json(Health {
        declarations: WaitingDeclarations { open: declarations.open, overdue: declarations.overdue },
        pending,
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    }))
}
