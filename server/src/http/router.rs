use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header, request};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::LARGEST_BODY;
use super::{
    ApiError, cancel_link, cancel_session, cancellation, cancellation_list, declarations, flow, guard,
    health, hub, language, ledger, openapi, reasons, result, retention_session, subscription_session,
    webhooks, well_known,
};
use crate::config::Config;
use crate::declaration::{self, Desk};
use crate::keys::ApiKeys;
use crate::page;
use crate::session::Sessions;

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
    let (routes, document) = routes(&config).split_for_parts();
    let document = openapi::whole(&document, &config.server.public_url);
    routes
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(Extension(openapi::Served::new(&document)))
        .layer(from_fn(language::translate))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn(guard::limit_time))
        .layer(from_fn(guard::set_headers))
        .layer(from_fn(guard::log))
        .with_state(app)
}

/// The routes, and what each says of itself.
fn routes(config: &Arc<Config>) -> OpenApiRouter<App> {
    let browser = OpenApiRouter::new()
        .routes(routes!(flow::get, flow::post))
        .routes(routes!(flow::act))
        .routes(routes!(hub::show));
    let document = OpenApiRouter::new().routes(routes!(openapi::served::json));
    let backend = OpenApiRouter::new()
        .routes(routes!(retention_session::create))
        .routes(routes!(subscription_session::create))
        .routes(routes!(ledger::get))
        .routes(routes!(cancellation_list::list))
        .routes(routes!(cancellation_list::get))
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
        .routes(routes!(result::verify))
        .routes(routes!(well_known::jwks))
        .routes(routes!(health::get))
        .routes(routes!(home));
    OpenApiRouter::with_openapi(openapi::base())
        .merge(openapi::dressed(browser, |routes| {
            routes
                .method_not_allowed_fallback(wrong_method)
                // A session's document is 7 kB, and on its way while somebody waits.
                .layer(CompressionLayer::new())
                .layer(cross_origin(config.clone()))
        }))
        .merge(openapi::dressed(document, |routes| {
            routes.method_not_allowed_fallback(wrong_method).layer(CompressionLayer::new())
        }))
        .merge(openapi::dressed(backend, |routes| routes.method_not_allowed_fallback(wrong_method)))
        .merge(page::router(config))
        .merge(declaration::router())
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
