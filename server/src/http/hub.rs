use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::caller::HubBrowser;
use super::flow::theme;
use super::{ApiError, App};

/// `POST /v1/hub`: what the customer has now, drawn, with the session in a form. Asked again after every change.
pub async fn show(
    State(app): State<App>,
    HubBrowser { claims, brand }: HubBrowser,
) -> Result<Json<Value>, ApiError> {
    let hub = app.sessions.overview(&claims, &brand).await?;
    Ok(Json(json!({
        "hub": hub.drawing.drawing(),
        "title": hub.title,
        "locale": hub.locale,
        "time_zone": brand.time_zone,
        "theme": theme(&brand),
    })))
}
