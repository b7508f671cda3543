//! What Stripe tells by webhook.

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::ErrorAnswer;
use super::openapi::{Shape, TooLarge, tag};
use super::{ApiError, App, Peer, body};
use crate::billing::stripe::{Heard, NoticeError};

/// What is said to Stripe.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct StripeAnswer {
    /// Always true: what is not taken is an error.
    received: bool,
    /// Whether it is of use here and was not told before.
    new: bool,
}

/// `POST /api/stripe/webhook`: what Stripe tells of subscriptions and customers. Whatever waits for one of them is asked of Stripe at
/// once; nothing that an event says is believed.
#[utoipa::path(
    post,
    path = "/api/stripe/webhook",
    operation_id = "hearStripe",
    tag = tag::WEBHOOKS,
    description = "For Stripe alone. The signature says for which brand and which environment an event is: that whose secret it was made \
        with, `webhook_secret_file` or `sandbox_webhook_secret_file` in `[brand.stripe]`. An event that is told again, and one of a \
        kind that is of no use here, are taken and change nothing.",
    params(("Stripe-Signature" = Option<String>, Header,
        description = "As Stripe documents it: `t=…,v1=…`. Not of the last five minutes is 400.")),
    request_body(content = ref("#/components/schemas/StripeEventRequest")),
    responses(
        (status = 200, description = "It was taken.", body = StripeAnswer),
        (status = 400, body = ErrorAnswer,
            description = "It is not signed with one of the secrets, not of the last five minutes, or no event. Nothing has changed.",
            example = json!({ "error": NoticeError::NotSigned.to_string() })),
        (status = 413, response = TooLarge),
    ),
)]
pub async fn hear(State(app): State<App>, request: Request) -> Result<Json<StripeAnswer>, ApiError> {
    let peer = Peer::of(request.extensions());
    let header = request.headers().get("Stripe-Signature").and_then(|value| value.to_str().ok());
    let header = header.unwrap_or_default().to_owned();
    let body = body::read(request, &app).await?;
    let (listener, notice) = match app.stripe.read(&header, &body, &app.sessions.clock) {
        Ok(read) => read,
        // Whoever tries signatures is counted where they come from.
        Err(error) => {
            app.floods.count_stranger(peer).map_err(ApiError::too_many)?;
            return Err(ApiError::bad_request(error.to_string()));
        }
    };
    app.floods.count_billing(listener.brand())?;
    let heard = listener.hear(notice, &app.sessions.clock).await?;
    Ok(Json(StripeAnswer { received: true, new: heard == Heard::Now }))
}

/// The schema of what [`hear`] reads: as much of Stripe's events as is looked at.
pub fn request() -> Value {
    let object = Shape::object().says("What the event is about. Only ids in it are read.");
    Shape::object()
        .must("id", Shape::any_text().says("Stripe's id, `evt_…`."))
        .must("type", Shape::any_text().says("What has happened, such as `customer.subscription.updated`."))
        .must("data", Shape::object().must("object", object))
        .schema()
}
