use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header, request};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::body::LARGEST_BODY;
use super::{
    ApiError, declarations, flow, guard, health, hub, language, ledger, result, retention_session,
    subscription_session, well_known,
};
use crate::config::Config;
use crate::declaration::{self, Desk};
use crate::keys::ApiKeys;
use crate::page;
use crate::session::Sessions;

/// What an answer has to hold to be compressed, in bytes.
const SMALLEST_COMPRESSED: u64 = 1024;

/// What handlers work with.
#[derive(Clone, Debug)]
pub struct App {
    /// The sessions.
    pub sessions: Sessions,
    /// The API keys.
    pub keys: ApiKeys,
    /// The desk where declarations arrive.
    pub desk: Desk,
}

/// Every route of the server.
pub fn router(app: App) -> Router {
    let config = app.sessions.config.clone();
    let browser = Router::new()
        .route("/v1/flow", get(flow::get).post(flow::post))
        .route("/v1/flow/actions", post(flow::act))
        .route("/v1/hub", post(hub::show))
        .method_not_allowed_fallback(wrong_method)
        .layer(compression())
        .layer(cross_origin(config.clone()));
    let backend = Router::new()
        .route("/v1/retention/session", post(retention_session::create))
        .route("/v1/subscription/session", post(subscription_session::create))
        .route("/v1/ledger/customers/{customer}", get(ledger::get))
        .route("/v1/declarations", get(declarations::list))
        .route("/v1/declarations/{reference}", get(declarations::get).post(declarations::decide))
        .route("/api/public/cancel/result", post(result::verify))
        .route("/.well-known/jwks.json", get(well_known::jwks))
        .route("/api/health", get(health::get))
        .route("/", get(move || home(config)))
        .method_not_allowed_fallback(wrong_method);
    Router::new()
        .merge(browser)
        .merge(backend)
        .merge(page::router(&app.sessions.config))
        .merge(declaration::router())
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn(language::translate))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn(guard::limit_time))
        .layer(from_fn(guard::set_headers))
        .layer(from_fn(guard::log))
        .with_state(app)
}

/// A session's document is 9 kB, and on its way while somebody waits. What fits into one packet arrives no sooner for being
/// smaller.
fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new().compress_when(SizeAbove::new(SMALLEST_COMPRESSED))
}

/// A preflight is answered for the pages of any brand; which brand a session is of is not known before the request itself.
fn cross_origin(config: Arc<Config>) -> CorsLayer {
    let any_brand = move |origin: &HeaderValue, _: &request::Parts| {
        origin.to_str().is_ok_and(|origin| config.knows_origin(origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(any_brand))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("x-public-key")])
        .max_age(Duration::from_secs(2 * 60 * 60))
}

async fn home(config: Arc<Config>) -> Response {
    match &config.server.home_url {
        Some(url) => Redirect::to(url.as_str()).into_response(),
        None => page::home().into_response(),
    }
}

async fn nothing_here(uri: Uri) -> Response {
    if uri.path().starts_with("/c/") || uri.path().starts_with("/b/") {
        return page::missing().into_response();
    }
    ApiError::new(
        StatusCode::NOT_FOUND,
        "There is nothing at this address. Check the path against the documentation.",
    )
    .into_response()
}

async fn wrong_method(method: Method) -> ApiError {
    let method = guard::method_name(&method).unwrap_or("This method");
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{method} is not possible here. The `Allow` header of this answer says what is."),
    )
}
