use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::retry_after;
use crate::billing::LookupError;
use crate::session::SessionError;
use crate::sign::TokenError;
use crate::store;

/// What is said where the server itself has failed.
pub const FAILED: &str = "Something failed on the server; its log says what. Try again.";

/// What is said to whoever asks too often.
pub const TOO_OFTEN: &str =
    "Too many requests in a short time. Wait as long as `Retry-After` says, then send the same again.";

/// What an error is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorAnswer {
    /// What was wrong and what would be right: a sentence or more, for a developer.
    pub error: String,
}

/// An answer that is an error: a status, and a sentence that a developer can act on. Written as `{"error": "…"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The status.
    pub status: StatusCode,
    /// What was wrong and what would be right.
    pub message: String,
    /// How long to wait before the same can be asked again. Sent as `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// An error of this status.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }

    /// Something in the request is wrong: 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Who is asking cannot be told, or may not: 401.
    #[must_use]
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// It was asked too often: 429. The value is how long to wait.
    #[must_use]
    pub fn too_many(wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, TOO_OFTEN) }
    }

    /// The server's own fault. What it was goes into the log, not to the caller.
    #[must_use]
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, FAILED)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let answer = ErrorAnswer { error: self.message };
        let mut response = (self.status, Json(answer.clone())).into_response();
        // Some calls answer in another form than this server's own: they find here what is to be said.
        response.extensions_mut().insert(answer);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after(wait));
        }
        response
    }
}

impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> Self {
        let status = match &error {
            LookupError::NobodyNamed | LookupError::DifferentCustomers | LookupError::TokenNeeded => {
                StatusCode::BAD_REQUEST
            }
            LookupError::UnknownCustomer | LookupError::UnknownSubscription => StatusCode::NOT_FOUND,
            LookupError::SeveralCustomers
            | LookupError::AmbiguousCustomer
            | LookupError::SeveralSubscriptions(_)
            | LookupError::NothingToCancel
            | LookupError::TokenExpired => StatusCode::CONFLICT,
            LookupError::Unavailable(why) => {
                tracing::error!(why, "billing cannot be asked");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self::new(status, error.to_string())
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Seal(_) | SessionError::Expired | SessionError::UnknownBrand => {
                Self::unauthorized(error.to_string())
            }
            // Another id would not help: 401 would have the widget tell a customer to reload the page.
            SessionError::OtherBrand => Self::new(StatusCode::FORBIDDEN, error.to_string()),
            SessionError::TooOften(wait) => Self::too_many(wait),
            SessionError::TooLarge => Self::bad_request(error.to_string()),
            SessionError::NoWithdrawal(_) => Self::new(StatusCode::CONFLICT, error.to_string()),
            SessionError::Billing(error) => error.into(),
            SessionError::Token(error @ (TokenError::Malformed | TokenError::BadSignature)) => {
                Self::bad_request(error.to_string())
            }
            SessionError::Store(error) => error.into(),
            SessionError::Internal(_) => Self::internal(&error),
        }
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        Self::internal(&error)
    }
}
