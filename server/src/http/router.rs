use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header, request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, patch, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::body::LARGEST_BODY;
use super::request_id::REQUEST_ID;
use super::{
    ApiError, Floods, cancel_link, cancel_session, cancellation, cancellation_list, declarations, flood,
    flow, guard, health, hosts, hub, language, ledger, reasons, result, retention_session, session_list,
    subscription_session, webhooks, well_known,
};
use crate::config::Config;
use crate::declaration::{self, Desk};
use crate::keys::ApiKeys;
use crate::metrics::Metrics;
use crate::page;
use crate::purge::Purge;
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
    /// Who counts requests.
    pub floods: Arc<Floods>,
    /// Who deletes what has been kept for long enough.
    pub purge: Purge,
    /// What is told to those who watch.
    pub metrics: Arc<Metrics>,
}

impl App {
    /// Everything that handlers need around sessions. Nothing works in the background yet.
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        let Sessions { store, clock, config, .. } = &sessions;
        Self {
            keys: ApiKeys::new(store.clone(), clock.clone()),
            floods: Arc::new(Floods::new(config.server.requests_per_second, clock)),
            purge: Purge::new(store.clone(), clock.clone(), config.server.retention),
            metrics: Arc::new(Metrics::new(clock)),
            desk: Desk::new(sessions.clone()),
            sessions,
        }
    }
}

/// Every route of the server.
pub fn router(app: App) -> Router {
    let config = app.sessions.config.clone();
    let home_of = config.clone();
    let limit = from_fn_with_state(app.clone(), flood::limit);
    let browser = Router::new()
        .route("/v1/flow", get(flow::get).post(flow::post))
        .route("/v1/flow/actions", post(flow::act))
        .route("/v1/hub", post(hub::show))
        .method_not_allowed_fallback(wrong_method)
        .layer(limit.clone())
        .layer(compression())
        .layer(cross_origin(config.clone()));
    let backend = Router::new()
        .route("/v1/retention/session", post(retention_session::create))
        .route("/v1/subscription/session", post(subscription_session::create))
        .route("/v1/ledger/customers/{customer}", get(ledger::get))
        .route("/v1/sessions", get(session_list::list))
        .route("/v1/cancellations", get(cancellation_list::list))
        .route("/v1/cancellations/{event_id}", get(cancellation_list::get))
        .route("/v1/reasons", get(reasons::list))
        .route("/v1/declarations", get(declarations::list))
        .route("/v1/declarations/{reference}", get(declarations::get).post(declarations::decide))
        .route("/api/v1/cancel-link", post(cancel_link::create))
        .route("/api/v1/cancel-sessions", get(cancel_session::without_id))
        .route("/api/v1/cancel-sessions/", get(cancel_session::without_id))
        .route("/api/v1/cancel-sessions/{session_id}", get(cancel_session::get))
        .route("/api/v1/cancellations", post(cancellation::create))
        .route("/api/v1/cancellations/{event_id}", patch(cancellation::update))
        .route("/v1/webhooks", get(webhooks::list))
        .route("/v1/webhooks/{id}/replay", post(webhooks::replay))
        .method_not_allowed_fallback(wrong_method);
    let (for_pages, for_api) =
        (from_fn_with_state(app.clone(), hosts::pages), from_fn_with_state(app.clone(), hosts::api));
    let open = Router::new()
        .route("/api/public/cancel/result", post(result::verify))
        .route("/.well-known/jwks.json", get(well_known::jwks))
        .route("/api/health", get(health::get))
        .method_not_allowed_fallback(wrong_method)
        .merge(page::documentation(&config))
        .layer(for_api.clone())
        .layer(limit.clone());
    let pages = page::router().merge(declaration::router()).layer(for_pages).layer(limit.clone());
    let home = Router::new()
        .route("/", get(move || home(home_of)))
        .method_not_allowed_fallback(wrong_method)
        .fallback(nothing_here)
        .layer(limit);
    Router::new()
        .merge(browser)
        .merge(backend.layer(for_api))
        .merge(open)
        .merge(pages)
        .merge(page::assets(&config))
        .merge(home)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn(language::translate))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn(guard::limit_time))
        .layer(from_fn(guard::set_headers))
        .layer(from_fn_with_state(app.clone(), guard::log))
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
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
        .max_age(Duration::from_secs(2 * 60 * 60))
}

async fn home(config: Arc<Config>) -> Response {
    match &config.server.home_url {
        Some(url) => Redirect::to(url.as_str()).into_response(),
        None => page::home().into_response(),
    }
}

/// Whether what stands at a path, or would, is a page that a customer looks at.
pub(super) fn is_page(path: &str) -> bool {
    path == "/c" || ["/c/", "/b/"].iter().any(|below| path.starts_with(below))
}

/// Where there is nothing.
pub(super) async fn nothing_here(uri: Uri) -> Response {
    if is_page(uri.path()) {
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
