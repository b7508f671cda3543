//! What a request for a session says about the customer beside who it is.

use jiff::Timestamp;
use serde_json::json;
use url::Url;

use super::fields::Fields;
use super::openapi::Shape;
use crate::brand::Brand;
use crate::clock;
use crate::locale;
use crate::place::Place;

/// Where the customer lives, what they read, and under which terms they came.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Where the customer lives.
    pub place: Option<Place>,
    /// The language the customer is to be spoken to in: one there are words of.
    pub locale: Option<String>,
    /// Whether the customer is a consumer.
    pub consumer: Option<bool>,
    /// When the contract began.
    pub contract_started_at: Option<Timestamp>,
}

impl Wish {
    /// Reads `country`, `region`, `locale`, `consumer` and the field named for the contract's beginning.
    pub fn read(fields: &mut Fields<'_>, contract_started_at: &'static str) -> Self {
        let country = fields.text("country");
        let region = fields.text("region");
        let place = place(fields, country, region);
        // A language that nobody has written the words of yet must not keep anybody from leaving: it falls back to the brand's.
        let tag = fields.checked("locale", locale::well_formed);
        Self {
            place,
            locale: tag.filter(|tag| locale::supported(tag).is_ok()),
            consumer: fields.flag("consumer"),
            contract_started_at: fields.checked(contract_started_at, moment_or_day),
        }
    }
}

/// A customer's own token in a request: what billing that answers to nothing else is asked with.
pub mod customer_token {
    use super::{Fields, Shape};
    use crate::secret::SecretText;

    /// The member's name.
    pub const FIELD: &str = "customer_token";
    /// How long it may be, in characters.
    const LONGEST: usize = 4096;

    /// Reads it.
    pub fn read(fields: &mut Fields<'_>) -> Option<SecretText> {
        read_as(fields, FIELD)
    }

    /// Reads it, where it has another name. No mistake repeats it.
    pub fn read_as(fields: &mut Fields<'_>, name: &'static str) -> Option<SecretText> {
        let text = fields.text_up_to(name, LONGEST)?;
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            fields.wrong(name, "has to be one word of ASCII letters, digits and punctuation.");
            return None;
        }
        Some(SecretText::new(text))
    }

    /// What it has to be.
    pub fn shape() -> Shape {
        Shape::text("^[!-~]+$", LONGEST).says(
            "The customer's own token at Pelcro, where that bills: the `auth_token` of its customer, as fresh as you have it. It is \
             kept sealed, and never shown.",
        )
    }
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
            fields.wrong("region", "needs `country` beside it.");
            None
        }
        (None, None) => None,
    }
}

fn moment_or_day(text: &str) -> Result<Timestamp, String> {
    // By its length: what else is parsed as a day are years of six digits, and moments that lack their zone.
    let plain = || text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == "2026-01-31".len());
    let day = || plain()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    moment(text).or_else(|_| {
        day().map(|day| day.timestamp()).ok_or_else(|| {
            format!("\"{text}\" is not a moment; send RFC 3339, such as \"2026-01-31T09:30:00Z\", or a day, \"2026-01-31\".")
        })
    })
}

/// A moment that can be kept: of a year with four digits.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let kept = |at: &Timestamp| (0..253_402_300_800).contains(&at.as_second());
    clock::parse(text).ok().filter(kept).ok_or_else(|| {
        format!("\"{text}\" is not a moment; send RFC 3339, such as \"2026-01-31T09:30:00Z\".")
    })
}

/// How long a return address may be, in bytes as it is sent: it is sealed into the session id.
const LONGEST_RETURN_URL: usize = 2000;

/// An address the brand allows. Its fragment is kept.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn return_url(text: &str, brand: &Brand) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("\"{text}\" is not an absolute URL ({error})."))?;
    if url.as_str().len() > LONGEST_RETURN_URL {
        return Err(format!("is longer than {LONGEST_RETURN_URL} characters once it is percent-encoded."));
    }
    if brand.allows_return_to(&url) && url.username().is_empty() && url.password().is_none() {
        return Ok(url);
    }
    Err(format!(
        "\"{text}\" is not allowed. Add it, or its origin, to `return_urls` of the brand in farewell.toml."
    ))
}

/// The schema of what [`Wish::read`] reads, as members of this object.
pub fn shape(object: Shape, contract_started_at: &str) -> Shape {
    let countries = rust_iso3166::ALL.iter().map(|country| country.alpha2);
    object
        .may("country", Shape::one_of(countries).says("Where the customer lives: ISO 3166-1 alpha-2."))
        .may(
            "region",
            Shape::text("^([A-Z]{2}-)?[A-Z0-9]{1,3}$", 6).says(
                "The part of the country: its ISO 3166-2 code, with or without the country. Needs `country`.",
            ),
        )
        .may("locale", locale_shape())
        .may(
            "consumer",
            Shape::flag().says("Whether the customer is a consumer. Taken for true where it is left out."),
        )
        .may(contract_started_at, Shape::moment_or_day().says("When the contract began: a moment, or a day."))
        .with("dependentRequired", json!({ "region": ["country"] }))
}

/// The schema of a language: language, script and region of a BCP 47 tag.
pub fn locale_shape() -> Shape {
    Shape::text("^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$", 12).says(
        "The language the customer is to be spoken to in, as a BCP 47 tag. One that there are no words of falls back to the \
         brand's.",
    )
}

/// The schema of a return address.
pub fn return_url_shape() -> Shape {
    Shape::text("^https?://[!-~]+$", LONGEST_RETURN_URL)
        .with("format", "uri")
        .says("Where the customer is sent afterwards: an address that the brand's `return_urls` allow. Its fragment is kept.")
}
