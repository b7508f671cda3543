use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::body::{JsonObject, SaysJson};
use super::caller::Backend;
use super::fields::Fields;
use super::wish::{self, Wish};
use super::{ApiError, App};
use crate::brand::{Access, Brand, Plan};
use crate::session::{Environment, NewLink};

/// How much of the merchant's own notes is kept with a link or an event, in bytes of JSON.
pub(super) const LARGEST_METADATA: usize = 16 * 1024;
/// The largest figure that is taken for a monthly revenue, in major units of whatever currency.
const LARGEST_MRR: f64 = 1e12;
/// A hundred years.
const LONGEST_TENURE: u64 = 36_525;

/// A link to the hosted flow.
#[derive(Debug, Serialize)]
pub struct CancelLinkAnswer {
    /// Where to send the customer.
    url: String,
    /// Until when the link can be followed for the first time.
    #[serde(rename = "expiresAt")]
    expires_at: String,
    /// The same in the other spelling of the field.
    #[serde(rename = "expires_at")]
    expires_at_snake: String,
    /// Whether it counts.
    environment: Environment,
    /// The id of the session it leads to.
    #[serde(rename = "sessionId")]
    session_id: String,
    /// The same in the other spelling of the field.
    #[serde(rename = "session_id")]
    session_id_snake: String,
    /// In the sandbox: members of the request that are not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
}

/// `POST /api/v1/cancel-link`: a link to the hosted flow, for a customer whom nobody here needs to know.
pub async fn create(
    _: SaysJson,
    State(app): State<App>,
    Backend(brand): Backend,
    JsonObject(body): JsonObject,
) -> Result<Json<CancelLinkAnswer>, ApiError> {
    may_write(&brand)?;
    let environment = Fields::root(&body).environment().unwrap_or_default();
    if brand.access == Access::Demo && environment == Environment::Prod {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "This is a demo: it has links in the sandbox only. Send `environment` as \"sandbox\".",
        ));
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
        return Err(ApiError::new(
            StatusCode::PAYMENT_REQUIRED,
            "This brand is read-only at the moment (`access` in farewell.toml). Send the customer your own way to cancel.",
        ));
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
    let asked = body.contains_key("returnUrl") || body.contains_key("return_url");
    let environment = fields.environment().unwrap_or_default();
    let wish = Wish::read(&mut fields, "contractStartedAt");
    let context = context(&mut fields, brand);
    let metadata = fields.flat("metadata", LARGEST_METADATA);
    let strangers = fields.finish_ignoring()?;
    let return_url = match named.or_else(|| brand.hosted.return_url.clone()) {
        Some(url) => url,
        None if asked => return Err(ApiError::bad_request("`returnUrl`: has to be an absolute URL.")),
        None => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "Nobody has said where customers go afterwards: send `returnUrl`, or write `return_url` into \
                 [brand.hosted] of farewell.toml.",
            ));
        }
    };
    let new = NewLink {
        user: user.unwrap_or_default().into(),
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
