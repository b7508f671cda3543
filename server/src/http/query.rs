//! What stands behind the question mark of an address.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use utoipa::openapi::path::Parameter;

use super::ApiError;
use super::fields::Fields;
use super::openapi::{Shape, query_parameter};

/// How many members a page of a list has, where nobody says.
const USUAL_PAGE: u32 = 50;

/// The parameters of a request, as texts. One that is there twice is refused.
#[derive(Debug)]
pub struct Query(pub Map<String, Value>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut members = Map::new();
        for (name, value) in url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            if members.insert(name.to_string(), Value::String(value.into_owned())).is_some() {
                return Err(ApiError::bad_request("A parameter is there twice. Send each once."));
            }
        }
        Ok(Self(members))
    }
}

impl Query {
    /// Refuses every parameter, where there are none to send.
    ///
    /// # Errors
    /// 400, with each by its name.
    pub fn refuse_all(&self) -> Result<(), ApiError> {
        Fields::root(&self.0).finish_strictly()
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageWanted {
    /// Where the part before said that this one begins.
    pub before: Option<i64>,
    /// How many members it may have.
    pub limit: u32,
}

impl PageWanted {
    /// Reads `cursor` and `limit`.
    pub fn read(fields: &mut Fields<'_>, longest: u32) -> Self {
        let before = fields.checked("cursor", |text| {
            opened(text).ok_or_else(|| "is not a cursor; send `next` of the answer before, unchanged.".into())
        });
        Self { before, limit: Self::limit(fields, longest) }
    }

    /// Reads `limit`.
    pub fn limit(fields: &mut Fields<'_>, longest: u32) -> u32 {
        let limit = fields.checked("limit", |text| {
            let limit = text.parse::<u32>().ok().filter(|limit| (1..=longest).contains(limit));
            limit.ok_or_else(|| format!("has to be a whole number from 1 to {longest}."))
        });
        limit.unwrap_or(USUAL_PAGE)
    }

    /// The parameters that [`read`](Self::read) reads.
    #[must_use]
    pub fn parameters(longest: u32) -> [Parameter; 2] {
        // Eight bytes, the first bit of which is none.
        let cursor = Shape::text("^[A-Za-f][A-Za-z0-9_-]{9}[AEIMQUYcgkosw048]$", 11);
        [
            query_parameter(
                "cursor",
                "Where this part begins: `next` of the answer before, unchanged.",
                cursor,
            ),
            query_parameter(
                "limit",
                "How many members it may have. 50 where it is left out.",
                Shape::integer(1, longest.into()),
            ),
        ]
    }
}

/// What a caller sends back to get the next part.
#[must_use]
pub fn cursor(next: i64) -> String {
    URL_SAFE_NO_PAD.encode(next.to_be_bytes())
}

fn opened(text: &str) -> Option<i64> {
    let bytes: [u8; 8] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    Some(i64::from_be_bytes(bytes)).filter(|id| *id >= 0)
}
