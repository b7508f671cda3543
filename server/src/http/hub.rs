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
use crate::brand::Brand;
use crate::hub::{Changed, HubClaims, Posted, Screen, Surface};
use crate::session::SessionError;

/// The subscription hub as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct HubAnswer {
    /// What became of the change that the customer has agreed to. None where they have agreed to nothing just now.
    changed: Option<HubChange>,
    /// What the customer has and can do, drawn: texts whose first character says what they are. Forms with a field `session` lead to
    /// `POST /c` with sessions of the flow that were made for this answer; all others are for `POST /v1/hub/actions`.
    hub: Vec<String>,
    /// Where the customer is to be sent: the page where they say what to pay with, made for this once.
    leads_to: Option<String>,
    /// BCP 47 tag of its language.
    locale: String,
    /// Custom properties: name, value where the device is light, value where it is dark.
    theme: Vec<[String; 3]>,
    /// IANA name of the zone dates are shown in.
    time_zone: String,
    /// What it is called.
    title: String,
}

/// How a customer authenticates a payment.
#[derive(Debug, Serialize, ToSchema)]
pub struct HubAuthentication {
    /// The provider's own page for it.
    link: Option<String>,
    /// The payment, for a page that asks for it with the provider's own script: `pi_…` of Stripe.
    payment_intent: Option<String>,
}

/// What became of a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct HubChange {
    /// How the customer authenticates the payment that it waits for, where it does. The hub leads there by itself.
    authentication: Option<HubAuthentication>,
    /// How it stands: `applied`, `requested` (you do it), `pending` (billing has not answered yet) or `refused` (nothing was changed).
    effect: &'static str,
    /// What was done: `plan`, `pause`, `resume`, `renew` or `code`.
    kind: &'static str,
    /// The subscription's id in billing.
    subscription: String,
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
    HubBrowser { claims, brand, .. }: HubBrowser,
) -> Result<Json<HubAnswer>, ApiError> {
    answer(&app, &claims, &brand, &Screen::HOME, None).await
}

/// `POST /v1/hub/actions`: what a form of the hub says, with the session in it. Gives the hub after it.
#[utoipa::path(
    post,
    path = "/v1/hub/actions",
    operation_id = "actInHub",
    tag = tag::BROWSER,
    description = "The forms of `hub` hold everything but the session: send their fields as they are, with the name and the value of \
        the button that was pressed. What cannot be done, and why, is told to the customer in `hub`, with 200. A form that is sent \
        again is done once: a page that got no answer sends the same again.",
    request_body(
        content_type = "application/x-www-form-urlencoded",
        content = ref("#/components/schemas/HubActionForm"),
    ),
    responses(
        (status = 200, description = "The hub as it is then.", body = HubAnswer),
        (status = 400, body = ErrorAnswer,
            description = "A field of the form is missing or of the wrong form, or the public key is malformed.",
            example = json!({ "error": missing() })),
        (status = 401, response = NoSessionInForm),
        (status = 403, body = ErrorAnswer,
            description = "The session is of another brand than the page or the public key.",
            example = json!({ "error": SessionError::OtherBrand.to_string() })),
        (status = 404, body = ErrorAnswer,
            description = "The customer has no such subscription, or billing does not know the customer any more.",
            example = json!({ "error": LookupError::UnknownSubscription.to_string() })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotAForm),
    ),
)]
pub async fn act(
    State(app): State<App>,
    HubBrowser { claims, brand, fields }: HubBrowser,
) -> Result<Json<HubAnswer>, ApiError> {
    let page = fields.iter().find(|(name, _)| name == "page").map(|(_, page)| page.as_str());
    let posted = Posted::from_form(&fields).map_err(ApiError::bad_request)?;
    let screen = app.sessions.act_in_hub(&claims, &brand, posted).await?;
    answer(&app, &claims, &brand, &screen, page).await
}

async fn answer(
    app: &App,
    claims: &HubClaims,
    brand: &Brand,
    screen: &Screen,
    page: Option<&str>,
) -> Result<Json<HubAnswer>, ApiError> {
    let hub = app.sessions.overview(claims, brand, screen, Surface::Script { page }).await?;
    let changed = hub.changed.map(|Changed { subscription, want, standing, authentication }| HubChange {
        authentication: authentication.map(|how| HubAuthentication {
            payment_intent: how.payment_intent,
            link: how.link.map(String::from),
        }),
        effect: standing.name(),
        kind: want.name(),
        subscription,
    });
    Ok(Json(HubAnswer {
        changed,
        hub: hub.drawing.drawing(),
        leads_to: hub.leads_to,
        locale: hub.locale,
        theme: theme(brand),
        time_zone: brand.time_zone.clone(),
        title: hub.title,
    }))
}

/// What is said of a form that says nothing.
fn missing() -> String {
    Posted::from_form(&[]).err().unwrap_or_default()
}
