use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{BAD_PUBLIC_KEY, HubBrowser};
use super::error::ErrorAnswer;
use super::flow::theme;
use super::openapi::{NoSessionInForm, NotAForm, TooLarge, tag};
use super::{ApiError, App};
use crate::billing::LookupError;
use crate::session::SessionError;

/// The subscription hub as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct HubAnswer {
    /// What the customer has and can do, drawn: texts whose first character says what they are. Its forms lead to `POST /c` with
    /// sessions of the flow that were made for this answer.
    hub: Vec<String>,
    /// BCP 47 tag of its language.
    locale: String,
    /// Custom properties: name, value where the device is light, value where it is dark.
    theme: Vec<[String; 3]>,
    /// IANA name of the zone dates are shown in.
    time_zone: String,
    /// What it is called.
    title: String,
}

/// `POST /v1/hub`: what the customer has now, drawn, with the session in a form. Asked again after every change.
#[utoipa::path(
    post,
    path = "/v1/hub",
    operation_id = "showHub",
    tag = tag::BROWSER,
    request_body(
        content_type = "application/x-www-form-urlencoded",
        content = ref("#/components/schemas/HubForm"),
    ),
    responses(
        (status = 200, description = "The hub.", body = HubAnswer),
        (status = 400, body = ErrorAnswer,
            description = "The public key is malformed.",
            example = json!({ "error": BAD_PUBLIC_KEY })),
        (status = 401, response = NoSessionInForm),
        (status = 403, body = ErrorAnswer,
            description = "The session is of another brand than the page or the public key.",
            example = json!({ "error": SessionError::OtherBrand.to_string() })),
        (status = 404, body = ErrorAnswer,
            description = "Billing does not know the customer any more.",
            example = json!({ "error": LookupError::UnknownCustomer.to_string() })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotAForm),
    ),
)]
pub async fn show(
    State(app): State<App>,
    HubBrowser { claims, brand }: HubBrowser,
) -> Result<Json<HubAnswer>, ApiError> {
    let hub = app.sessions.overview(&claims, &brand).await?;
    Ok(Json(HubAnswer {
        hub: hub.drawing.drawing(),
        locale: hub.locale,
        theme: theme(&brand),
        time_zone: brand.time_zone.clone(),
        title: hub.title,
    }))
}
