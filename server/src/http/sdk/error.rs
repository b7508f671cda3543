use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::{LookupError, QuoteError};
use crate::customer_token::CustomerTokenError;
use crate::http::ApiError;
use crate::http::error::{ErrorAnswer, FAILED};
use crate::store;

/// What is said where no token came.
pub const NO_TOKEN: &str = "Token not provided";
/// What is said of a token that is none, or whose time is over.
pub const BAD_TOKEN: &str = "Authentication token is invalid, please try again";

/// Why something was not done, in Pelcro's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SdkError {
    /// Fields that are wrong: 400. A sentence or more for each.
    Fields(BTreeMap<String, Vec<String>>),
    /// There is no token: 401.
    NoToken,
    /// The token lets nobody in: 403.
    BadToken,
    /// A rule forbids it.
    Rule(StatusCode, String),
    /// What any call of this server may answer. [`in_form`] says it in Pelcro's form.
    Any(ApiError),
}

/// What fields that are wrong are answered with.
#[derive(Debug, Serialize, ToSchema)]
pub struct SdkFieldErrors {
    /// By the field's name, what is wrong with it.
    errors: BTreeMap<String, Vec<String>>,
}

/// What everything else is answered with.
#[derive(Debug, Serialize, ToSchema)]
pub struct SdkErrorAnswer {
    error: SdkErrorBody,
}

/// What a renewal that is not made is answered with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "it is said in the document, and made of its parts")]
pub enum SdkRefusal {
    /// Fields are wrong.
    Fields(SdkFieldErrors),
    /// A rule forbids it.
    Rule(SdkErrorAnswer),
}

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct SdkErrorBody {
    /// What was wrong.
    message: String,
    /// Always null: this server has no reports.
    report_id: Option<String>,
    /// The status once more.
    status: u16,
}

impl SdkError {
    /// One field is wrong.
    #[must_use]
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        Self::Fields(BTreeMap::from([(name.to_owned(), vec![message.into()])]))
    }

    /// A rule forbids it: 400.
    #[must_use]
    pub fn rule(message: impl Into<String>) -> Self {
        Self::Rule(StatusCode::BAD_REQUEST, message.into())
    }

    /// There is no such thing, or a rule forbids it: 404, which some of these calls answer for both.
    #[must_use]
    pub fn missing(message: impl Into<String>) -> Self {
        Self::Rule(StatusCode::NOT_FOUND, message.into())
    }

    /// The server's own fault.
    #[must_use]
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::Rule(StatusCode::INTERNAL_SERVER_ERROR, FAILED.into())
    }

    /// The same, where this call answers 404 to what a rule forbids.
    #[must_use]
    pub fn or_missing(self) -> Self {
        match self {
            Self::Rule(StatusCode::BAD_REQUEST, message) => Self::missing(message),
            other => other,
        }
    }
}

impl SdkErrorAnswer {
    fn new(status: StatusCode, message: String) -> Self {
        Self { error: SdkErrorBody { message, report_id: None, status: status.as_u16() } }
    }
}

/// Says in Pelcro's form what this server answers around its calls: a body too large, a wrong method, too often, too slow, failed.
pub async fn in_form(request: Request, next: Next) -> Response {
    let is_sdk = request.uri().path().starts_with("/api/v1/sdk/");
    let response = next.run(request).await;
    let said = response.extensions().get::<ErrorAnswer>().filter(|_| is_sdk).cloned();
    let Some(ErrorAnswer { error }) = said else { return response };
    let (mut head, _) = response.into_parts();
    // Of the body that was.
    head.headers.remove(header::CONTENT_LENGTH);
    let answer = SdkErrorAnswer::new(head.status, error);
    (head, Json(answer)).into_response()
}

impl IntoResponse for SdkError {
    fn into_response(self) -> Response {
        let rule = |status, message| (status, Json(SdkErrorAnswer::new(status, message))).into_response();
        match self {
            Self::Fields(errors) => {
                (StatusCode::BAD_REQUEST, Json(SdkFieldErrors { errors })).into_response()
            }
            Self::NoToken => rule(StatusCode::UNAUTHORIZED, NO_TOKEN.into()),
            Self::BadToken => rule(StatusCode::FORBIDDEN, BAD_TOKEN.into()),
            Self::Rule(status, message) => rule(status, message),
            Self::Any(error) => error.into_response(),
        }
    }
}

impl From<ApiError> for SdkError {
    fn from(error: ApiError) -> Self {
        Self::Any(error)
    }
}

impl From<CustomerTokenError> for SdkError {
    fn from(_: CustomerTokenError) -> Self {
        Self::BadToken
    }
}

impl From<QuoteError> for SdkError {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::Lookup(error) => error.into(),
            error @ QuoteError::Quantity => Self::field("quantity", error.to_string()),
            QuoteError::CampaignKey => Self::field("campaign_key", error.to_string()),
            error => Self::rule(error.to_string()),
        }
    }
}

impl From<LookupError> for SdkError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Unavailable(why) => Self::internal(&why),
            LookupError::UnknownSubscription => Self::rule("Invalid subscription provided."),
            // Whose token it is is not there any more.
            _ => Self::BadToken,
        }
    }
}

impl From<sqlx::Error> for SdkError {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<store::Error> for SdkError {
    fn from(error: store::Error) -> Self {
        Self::internal(&error)
    }
}
