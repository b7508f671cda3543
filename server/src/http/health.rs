use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{ApiError, App};
use crate::store;

/// `GET /api/health`: whether the server can do its work.
pub async fn get(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let pending: i64 = sqlx::query_scalar("SELECT count(*) FROM intents WHERE status = 'pending'")
        .fetch_one(app.sessions.store.read())
        .await
        .map_err(store::Error::from)?;
    let declarations = app.desk.register.waiting().await?;
    Ok(Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "pending": pending,
        "declarations": { "open": declarations.open, "overdue": declarations.overdue },
    })))
}
