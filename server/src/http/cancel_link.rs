use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{JsonObject, SaysJson};
use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::{Fields, LONGEST_LINE};
use super::openapi::{NoKey, NotJson, ReadOnly, Shape, TooLarge, tag};
use super::wish::{self, Wish, customer_token};
use super::{ApiError, App};
use crate::brand::{Access, Brand, Plan};
use crate::session::{Environment, NewLink};

/// How much of the merchant's own notes is kept with a link or an event, in bytes of JSON.
pub(super) const LARGEST_METADATA: usize = 16 * 1024;
/// The largest figure that is taken for a monthly revenue, in major units of whatever currency.
const LARGEST_MRR: f64 = 1e12;
/// A hundred years.
const LONGEST_TENURE: u64 = 36_525;

/// What is said to a brand that may only read.
pub const READ_ONLY: &str = "This brand is read-only at the moment (`access` in farewell.toml). Send the customer your own way to \
     cancel.";
/// What is said to a demo that wants a link that counts.
const DEMO: &str = "This is a demo: it has links in the sandbox only. Send `environment` as \"sandbox\".";
/// What is said where nobody has said where customers go afterwards.
const NO_RETURN_URL: &str = "Nobody has said where customers go afterwards: send `returnUrl`, or write `return_url` into \
     [brand.hosted] of farewell.toml.";

/// A link to the hosted flow.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancelLinkAnswer {
    /// Where to send the customer.
    url: String,
    /// Until when the link can be followed for the first time.
    #[serde(rename = "expiresAt")]
    #[schema(format = DateTime)]
    expires_at: String,
    /// The same in the other spelling of the field.
    #[serde(rename = "expires_at")]
    #[schema(format = DateTime)]
    expires_at_snake: String,
    /// Whether it counts.
    environment: Environment,
    /// The id of the session it leads to.
    #[serde(rename = "sessionId")]
    #[schema(format = Uuid)]
    session_id: String,
    /// The same in the other spelling of the field.
    #[serde(rename = "session_id")]
    #[schema(format = Uuid)]
    session_id_snake: String,
    /// In the sandbox: members of the request that are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
}

/// `POST /api/v1/cancel-link`: a link to the hosted flow, for a customer whom nobody here needs to know.
#[utoipa::path(
    post,
    path = "/api/v1/cancel-link",
    operation_id = "createCancelLink",
    tag = tag::LINKS,
    description = "Send the customer to `url` with a 302. Members may also be written with underscores, such as `user_id`; those \
        that are not known are ignored, and in the sandbox named in `warnings`. What only the advanced plan has of `context` is \
        left out on any other.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    request_body(content = ref("#/components/schemas/CancelLinkRequest")),
    responses(
        (status = 200, description = "The link.", body = CancelLinkAnswer, links(
            ("session" = (
                operation_id = "getCancelSession",
                parameters(("session_id" = "$response.body#/sessionId")),
            ))
        )),
        (status = 400, body = ErrorAnswer,
            description = "A field of the wrong form, each named, or a return URL that is not on the brand's list.",
            example = json!({ "error": "`userId`: is missing; send it, such as \"user_123\"." })),
        (status = 401, response = NoKey),
        (status = 402, response = ReadOnly),
        (status = 403, body = ErrorAnswer,
            description = "A demo has links in the sandbox only.",
            example = json!({ "error": DEMO })),
        (status = 409, body = ErrorAnswer,
            description = "Neither the request nor the brand says where customers go afterwards.",
            example = json!({ "error": NO_RETURN_URL })),
        (status = 413, response = TooLarge),
        (status = 415, response = NotJson),
    ),
)]
pub async fn create(
    _: SaysJson,
    State(app): State<App>,
    Backend(brand): Backend,
    body: Result<JsonObject, ApiError>,
) -> Result<Json<CancelLinkAnswer>, ApiError> {
    may_write(&brand)?;
    // What is wrong with the body is said to those alone who may send one.
    let JsonObject(body) = body?;
    let environment = Fields::root(&body).environment().unwrap_or_default();
    if brand.access == Access::Demo && environment == Environment::Prod {
        return Err(ApiError::new(StatusCode::FORBIDDEN, DEMO));
    }
    let (new, warnings) = read(&body, &brand)?;
    let link = app.sessions.create_link(&brand, new).await?;
    let session_id = link.id.to_string();
    Ok(Json(CancelLinkAnswer {
        url: format!("{}/c/{}", app.sessions.config.server.pages_url(), link.handle),
        expires_at: link.expires_at.clone(),
        expires_at_snake: link.expires_at,
        environment: link.claims.environment,
        session_id: session_id.clone(),
        session_id_snake: session_id,
        warnings,
    }))
}

/// Whether the brand may make anything new.
///
/// # Errors
/// 402 when it may only read.
pub(super) fn may_write(brand: &Brand) -> Result<(), ApiError> {
    if brand.access == Access::ReadOnly {
        return Err(ApiError::new(StatusCode::PAYMENT_REQUIRED, READ_ONLY));
    }
    Ok(())
}

fn read(body: &Map<String, Value>, brand: &Brand) -> Result<(NewLink, Option<Vec<String>>), ApiError> {
    let mut fields = Fields::root(body);
    let user = fields.text("userId");
    if user.is_none() {
        fields.missing("userId", "\"user_123\"");
    }
    let named = fields.checked("returnUrl", |text| wish::return_url(text, brand));
    let environment = fields.environment().unwrap_or_default();
    let wish = Wish::read(&mut fields, "contractStartedAt");
    let context = context(&mut fields, brand);
    let metadata = fields.flat("metadata", LARGEST_METADATA);
    let token = customer_token::read_as(&mut fields, "customerToken");
    let strangers = fields.finish_ignoring()?;
    let return_url = match named.or_else(|| brand.hosted.return_url.clone()) {
        Some(url) => url,
        None => return Err(ApiError::new(StatusCode::CONFLICT, NO_RETURN_URL)),
    };
    let new = NewLink {
        user: user.unwrap_or_default().into(),
        token,
        environment,
        return_url,
        place: wish.place,
        locale: wish.locale,
        consumer: wish.consumer,
        contract_started_at: wish.contract_started_at,
        context,
        metadata,
    };
    Ok((new, in_sandbox(environment, strangers)))
}

/// What is said about members that are not read: in the sandbox all of it, else nothing.
pub(super) fn in_sandbox(environment: Environment, strangers: Vec<String>) -> Option<Vec<String>> {
    (environment == Environment::Sandbox).then_some(strangers)
}

/// Reads `context`. What only the advanced plan has is checked and left out on any other.
pub(super) fn context(fields: &mut Fields<'_>, brand: &Brand) -> Map<String, Value> {
    let read = fields.object("context", |fields| {
        let mut context = Map::new();
        if let Some(plan) = fields.text("plan") {
            context.insert("plan".into(), plan.into());
        }
        let mrr = fields.number("mrr", LARGEST_MRR).cloned();
        let days = fields.integer("tenureDays", LONGEST_TENURE);
        // The documentation says `tenure` once.
        let days = days.or(fields.integer("tenure", LONGEST_TENURE));
        if brand.plan == Plan::Advanced {
            context.extend(mrr.map(|mrr| ("mrr".into(), Value::Number(mrr))));
            context.extend(days.map(|days| ("tenureDays".into(), days.into())));
        }
        context
    });
    read.unwrap_or_default()
}

/// The schema of what [`create`] reads.
pub fn request() -> Value {
    let request = Shape::object()
        .must(
            "userId",
            Shape::line(LONGEST_LINE).says("Your own id of the customer. Billing need not know it."),
        )
        .may("returnUrl", wish::return_url_shape())
        .may("customerToken", customer_token::shape())
        .may("environment", Environment::shape());
    wish::shape(request, "contractStartedAt")
        .may("context", context_shape())
        .may("metadata", metadata_shape())
        .schema()
}

/// The schema of what [`context`] reads.
pub(super) fn context_shape() -> Shape {
    Shape::object()
        .may("plan", Shape::line(LONGEST_LINE).says("What the customer's plan is called."))
        .may(
            "mrr",
            Shape::number(LARGEST_MRR)
                .says("Monthly recurring revenue, in major units of your currency. On the advanced plan."),
        )
        .may(
            "tenureDays",
            Shape::integer(0, LONGEST_TENURE).says(
                "For how many days the customer has been one. On the advanced plan. Also read as `tenure`.",
            ),
        )
        .says("Your own figures about the customer, for analytics alone.")
}

/// The schema of the merchant's own notes.
pub(super) fn metadata_shape() -> Shape {
    Shape::flat().says("Your own notes: at most 16 KiB of JSON.")
}
