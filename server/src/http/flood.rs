//! Whoever asks far more often than anybody would is told to wait: 429, with `Retry-After`.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::language::accepted;
use super::{ApiError, App, Peer, is_page};
use crate::clock::Clock;
use crate::config::Config;
use crate::page::Message;
use crate::rate_limit::{Drawers, Places, Rate};

/// From one place on the internet, without a key. An office or a household may share it.
const FROM_ONE_PLACE: Rate = Rate { at_once: 300, every: Duration::from_millis(100) };
/// From a proxy behind which nobody is told apart.
const FROM_A_PROXY: Rate = Rate { at_once: 20_000, every: Duration::from_micros(500) };
/// For how many seconds' worth of requests a backend may ask at once.
const SECONDS_AT_ONCE: u32 = 10;

/// Counts requests: a backend's for its brand, all others for the place they come from.
#[derive(Debug)]
pub struct Floods {
    brands: Drawers,
    places: Places,
}

impl Floods {
    /// Nothing is counted yet. A brand's backends may ask so often a second.
    #[must_use]
    pub fn new(per_second: NonZeroU32, clock: &Clock) -> Self {
        Self {
            brands: Drawers::new(Rate::per_second(per_second, SECONDS_AT_ONCE), clock.clone()),
            places: Places::new(FROM_ONE_PLACE, FROM_A_PROXY, clock),
        }
    }

    /// Counts a request with a brand's key.
    ///
    /// # Errors
    /// 429 when it is one too many.
    pub fn count_backend(&self, brand: &str) -> Result<(), ApiError> {
        self.brands.count(brand).map_err(ApiError::too_many)
    }

    /// Counts what a brand's billing tells. It takes nothing away from the brand's own backend.
    ///
    /// # Errors
    /// 429 when it is one too many.
    pub fn count_billing(&self, brand: &str) -> Result<(), ApiError> {
        // No slug has a space in it.
        self.brands.count(format!("{brand} billing")).map_err(ApiError::too_many)
    }

    /// Counts a request without a key that is known.
    ///
    /// # Errors
    /// It is one too many. The value is how long to wait.
    pub fn count_stranger(&self, peer: Peer) -> Result<(), Duration> {
        self.places.count(peer)
    }
}

/// Lets a request without a key through, unless it is one too many from its place.
pub async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    match app.floods.count_stranger(Peer::of(request.extensions())) {
        Ok(()) => next.run(request).await,
        Err(wait) if is_looked_at(request.uri().path()) => {
            page(&app.sessions.config, request.headers(), wait)
        }
        Err(wait) => ApiError::too_many(wait).into_response(),
    }
}

/// Whether somebody looks at what stands at a path: customers' pages, the bare address, the documentation.
fn is_looked_at(path: &str) -> bool {
    is_page(path) || path == "/" || path == "/docs" || path.starts_with("/docs/")
}

fn page(config: &Config, headers: &HeaderMap, wait: Duration) -> Response {
    let message =
        Message::new(StatusCode::TOO_MANY_REQUESTS, "often").with_email(config.common_support_email());
    let message = message.in_language(accepted(headers).language());
    ([(header::RETRY_AFTER, retry_after(wait))], message).into_response()
}

/// How long to wait, as a header says it: in whole seconds, and never too short.
#[must_use]
pub fn retry_after(wait: Duration) -> HeaderValue {
    HeaderValue::from(wait.as_secs().saturating_add(1))
}
