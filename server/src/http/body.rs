//! Bodies of requests: their type, their size, their JSON.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::ApiError;

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;
/// What is said of a larger one.
pub const TOO_LARGE: &str = "The body is larger than 64 KiB. Send less.";
/// What is said of a body that is not said to be JSON.
pub const NOT_JSON: &str = "The body has to be JSON: send the header `Content-Type: application/json`.";

/// A request that says that its body is JSON. Looked at before who is asking, as the documented order of errors wants it.
#[derive(Clone, Copy, Debug)]
pub struct SaysJson;

impl<S: Send + Sync> FromRequestParts<S> for SaysJson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        if is_type(&parts.headers, "application", "json") {
            return Ok(Self);
        }
        Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, NOT_JSON))
    }
}

/// A body that is a JSON object.
#[derive(Debug)]
pub struct JsonObject(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        SaysJson::from_request_parts(&mut parts, state).await?;
        let bytes = read(Request::from_parts(parts, body), state).await?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| ApiError::bad_request(format!("The body is not JSON: {error}.")))?;
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(ApiError::bad_request("The body has to be a JSON object, `{…}`.")),
        }
    }
}

/// Reads a body, if it is not too large.
///
/// # Errors
/// 413 when it is, 400 when it breaks off.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE),
        _ => ApiError::bad_request("The body broke off. Send it again."),
    })
}

/// Whether the body is said to be of this media type, whatever its parameters.
#[must_use]
pub fn is_type(headers: &HeaderMap, kind: &str, subtype: &str) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence
        .split_once('/')
        .is_some_and(|(a, b)| a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype))
}
