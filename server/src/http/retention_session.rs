use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};
use url::Url;

use super::body::JsonObject;
use super::caller::Backend;
use super::fields::Fields;
use super::{ApiError, App};
use crate::billing::Lookup;
use crate::brand::Brand;
use crate::clock;
use crate::locale::{self, Pack};
use crate::place::Place;
use crate::session::NewSession;

/// `POST /v1/retention/session`: a session id for a customer. Nothing is stored until a browser opens it.
pub async fn create(
    State(app): State<App>,
    Backend(brand): Backend,
    JsonObject(body): JsonObject,
) -> Result<Json<Value>, ApiError> {
    let new = read(&body, &brand)?;
    let created = app.sessions.create(&brand, new).await?;
    let pack = Pack::of(&created.locale);
    Ok(Json(json!({
        "id": created.id,
        "session": { "id": created.id },
        "label": { "text": pack.button(&created.policy, brand.own_words(&created.locale)), "lang": pack.language() },
        "policy": created.policy,
        "expires_at": created.expires_at,
    })))
}

fn read(body: &Map<String, Value>, brand: &Brand) -> Result<NewSession, ApiError> {
    let mut fields = Fields::of(body, "retention")?;
    let customer = fields.text("customer_id").map(Into::into);
    let email = fields.text("customer_email").map(Into::into);
    let subscription = fields.text("subscription_id").map(Into::into);
    let country = fields.text("country");
    let region = fields.text("region");
    let place = place(&mut fields, country, region);
    // A language that nobody has written the words of yet must not keep anybody from leaving: it falls back to the brand's.
    let tag = fields.checked("locale", locale::well_formed);
    let locale = tag.filter(|tag| locale::supported(tag).is_ok());
    let environment = fields.environment();
    let withdrawal = fields.checked("purpose", |text| match text {
        "cancel" => Ok(false),
        "withdraw" => Ok(true),
        _ => Err(format!("\"{text}\" is neither \"cancel\" nor \"withdraw\".")),
    });
    let new = NewSession {
        lookup: Lookup { customer, email, subscription },
        environment: environment.unwrap_or_default(),
        place,
        locale,
        consumer: fields.flag("consumer"),
        withdrawal: withdrawal.unwrap_or_default(),
        contract_started_at: fields.checked("contract_started_at", moment),
        return_url: fields.checked("return_url", |text| return_url(text, brand)),
        metadata: fields.flat("metadata"),
    };
    fields.finish()?;
    if new.lookup.customer.is_none() && new.lookup.email.is_none() {
        return Err(ApiError::bad_request(
            "`retention` names no customer: send `retention.customer_id`, or `retention.customer_email`.",
        ));
    }
    Ok(new)
}

fn place(fields: &mut Fields<'_>, country: Option<&str>, region: Option<&str>) -> Option<Place> {
    match (country, region) {
        (Some(country), region) => match Place::new(country, region) {
            Ok(place) => Some(place),
            Err(message) => {
                let wrong = if Place::new(country, None).is_ok() { "region" } else { "country" };
                fields.wrong(wrong, message);
                None
            }
        },
        (None, Some(_)) => {
            fields.wrong("region", "needs `retention.country` beside it.");
            None
        }
        (None, None) => None,
    }
}

fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    clock::parse(text).ok().or_else(|| day().map(|day| day.timestamp())).ok_or_else(|| {
        format!("\"{text}\" is not a moment; send RFC 3339, such as \"2026-01-31T09:30:00Z\", or a day, \"2026-01-31\".")
    })
}

/// How long a return address may be, in bytes as it is sent: it is sealed into the session id.
const LONGEST_RETURN_URL: usize = 2000;

/// An address the brand allows. Its fragment is kept.
fn return_url(text: &str, brand: &Brand) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("\"{text}\" is not an absolute URL ({error})."))?;
    if url.as_str().len() > LONGEST_RETURN_URL {
        return Err(format!("is longer than {LONGEST_RETURN_URL} characters once it is percent-encoded."));
    }
    if brand.allows_return_to(&url) && url.username().is_empty() && url.password().is_none() {
        return Ok(url.into());
    }
    Err(format!(
        "\"{text}\" is not allowed. Add it, or its origin, to `return_urls` of the brand in farewell.toml."
    ))
}
