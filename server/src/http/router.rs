use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header, request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::LARGEST_BODY;
use super::request_id::REQUEST_ID;
use super::{
    ApiError, Floods, cancel_link, cancel_session, cancellation, cancellation_list, customer_token,
    declarations, export, flood, flow, guard, health, hosts, hub, language, ledger, openapi, reasons, result,
    retention_session, sdk, session_list, stripe, subscription_session, webhooks, well_known,
};
use crate::billing::stripe::Listeners;
use crate::config::Config;
use crate::declaration::{self, Desk};
use crate::keys::ApiKeys;
use crate::metrics::Metrics;
use crate::page;
use crate::purge::Purge;
use crate::session::Sessions;

/// What an answer has to hold to be compressed, in bytes.
const SMALLEST_COMPRESSED: u64 = 1024;

/// What handlers work with. Every layer and every handler of a request has one: a clone is one count more.
#[derive(Clone, Debug)]
pub struct App(Arc<Services>);

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// What there is for handlers to work with.
#[derive(Debug)]
pub struct Services {
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
    /// Whom Stripe tells something.
    pub stripe: Listeners,
}

impl App {
    /// Everything that handlers need around sessions. Nothing works in the background yet.
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        Self::hearing(sessions, Listeners::default())
    }

    /// The same, where Stripe tells something.
    #[must_use]
    pub fn hearing(sessions: Sessions, stripe: Listeners) -> Self {
        let Sessions { store, clock, config, .. } = &sessions;
        Self(Arc::new(Services {
            keys: ApiKeys::new(store.clone(), clock.clone()),
            floods: Arc::new(Floods::new(config.server.requests_per_second, clock)),
            purge: Purge::new(store.clone(), clock.clone(), config.server.retention),
            metrics: Arc::new(Metrics::new(clock)),
            desk: Desk::new(sessions.clone()),
            stripe,
            sessions,
        }))
    }
}

/// Every route of the server.
pub fn router(app: App) -> Router {
    let config = app.sessions.config.clone();
    let (routes, document) = routes(&app).split_for_parts();
    let document = openapi::whole(&document, &config.server.public_url);
    routes
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(Extension(openapi::Served::new(&document)))
        .layer(from_fn(language::translate))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn(guard::limit_time))
        .layer(from_fn(sdk::error::in_form))
        .layer(from_fn(guard::set_headers))
        .layer(from_fn_with_state(app.clone(), guard::log))
        .with_state(app)
}

/// A session's document is 9 kB, and on its way while somebody waits. What fits into one packet arrives no sooner for being
/// smaller.
fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new().compress_when(SizeAbove::new(SMALLEST_COMPRESSED))
}

/// The routes, and what each says of itself.
fn routes(app: &App) -> OpenApiRouter<App> {
    let config = &app.sessions.config;
    let limit = from_fn_with_state(app.clone(), flood::limit);
    let (for_pages, for_api) =
        (from_fn_with_state(app.clone(), hosts::pages), from_fn_with_state(app.clone(), hosts::api));
    let browser = OpenApiRouter::new()
        .routes(routes!(flow::get, flow::post))
        .routes(routes!(flow::act))
        .routes(routes!(hub::show))
        .routes(routes!(hub::act));
    let customers = OpenApiRouter::new()
        .routes(routes!(sdk::customer::get))
        .routes(routes!(sdk::eligible::plans))
        .routes(routes!(sdk::eligible::coupons))
        .routes(routes!(sdk::order::preview))
        .routes(routes!(sdk::renew::renew))
        .routes(routes!(sdk::cancel::cancel))
        .routes(routes!(sdk::reactivate::reactivate));
    let backend = OpenApiRouter::new()
        .routes(routes!(retention_session::create))
        .routes(routes!(subscription_session::create))
        .routes(routes!(ledger::get))
        .routes(routes!(customer_token::create))
        .routes(routes!(session_list::list))
        .routes(routes!(cancellation_list::list))
        .routes(routes!(cancellation_list::get))
        .routes(routes!(export::sessions))
        .routes(routes!(export::cancellations))
        .routes(routes!(reasons::list))
        .routes(routes!(declarations::list))
        .routes(routes!(declarations::get, declarations::decide))
        .routes(routes!(cancel_link::create))
        .routes(routes!(cancel_session::without_id))
        .routes(routes!(cancel_session::with_no_id))
        .routes(routes!(cancel_session::get))
        .routes(routes!(cancellation::create))
        .routes(routes!(cancellation::update))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::replay))
        .routes(routes!(stripe::hear));
    let document = OpenApiRouter::new().routes(routes!(openapi::served::json));
    let document = openapi::dressed(document, |routes| routes.layer(compression()));
    let open = OpenApiRouter::new()
        .routes(routes!(result::verify))
        .routes(routes!(well_known::jwks))
        .routes(routes!(health::get))
        .merge(document);
    let open = openapi::dressed(open, |routes| routes.method_not_allowed_fallback(wrong_method))
        .merge(page::documentation(config));
    let pages = page::router().merge(declaration::router());
    let home = OpenApiRouter::new().routes(routes!(home));
    OpenApiRouter::with_openapi(openapi::base())
        .merge(openapi::dressed(browser, |routes| {
            routes
                .method_not_allowed_fallback(wrong_method)
                .layer(limit.clone())
                .layer(compression())
                .layer(cross_origin(config.clone()))
        }))
        .merge(openapi::dressed(customers, |routes| {
            routes
                .method_not_allowed_fallback(wrong_method)
                .layer(for_api.clone())
                .layer(limit.clone())
                .layer(cross_origin(config.clone()))
        }))
        .merge(openapi::dressed(backend, |routes| {
            routes.method_not_allowed_fallback(wrong_method).layer(for_api.clone())
        }))
        .merge(openapi::dressed(open, |routes| routes.layer(for_api.clone()).layer(limit.clone())))
        .merge(openapi::dressed(pages, |routes| routes.layer(for_pages).layer(limit.clone())))
        .merge(page::assets(config))
        .merge(openapi::dressed(home, |routes| {
            routes.method_not_allowed_fallback(wrong_method).fallback(nothing_here).layer(limit.clone())
        }))
}

/// A preflight is answered for the pages of any brand; which brand a session is of is not known before the request itself.
fn cross_origin(config: Arc<Config>) -> CorsLayer {
    let any_brand = move |origin: &HeaderValue, _: &request::Parts| {
        origin.to_str().is_ok_and(|origin| config.knows_origin(origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(any_brand))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-public-key"),
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
        .max_age(Duration::from_secs(2 * 60 * 60))
}

/// `GET /`: leads to where `server.home_url` says, or is a page without anything on it.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "getHome",
    tag = openapi::tag::SERVER,
    responses(
        (status = 200, description = "A page.", body = String, content_type = "text/html"),
        (status = 303, description = "Leads to `server.home_url` of the configuration."),
    ),
)]
async fn home(State(app): State<App>) -> Response {
    match &app.sessions.config.server.home_url {
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
