//! What every request goes through: a time limit, a line in the log, and headers that are right everywhere.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::request_id::{REQUEST_ID, request_id};
use super::{ApiError, App};

/// How long a request may take as a whole.
const LONGEST: Duration = Duration::from_secs(20);

/// What is said where a request took longer.
pub const TOO_LONG: &str = "The server took too long. Send the same again: nothing is done twice.";

/// Answers 503 when a request takes too long. What was begun in the database is finished all the same.
pub async fn limit_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(LONGEST, next.run(request))
        .await
        .unwrap_or_else(|_| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, TOO_LONG).into_response())
}

/// Gives each request an id, writes a line for it, and counts it. Whatever else is logged meanwhile has that id too. The route stands
/// for the path, so that no handle or id is logged.
pub async fn log(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method_name(request.method()).unwrap_or("other");
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let id = request_id(request.headers());
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let mut response = next.run(request).instrument(span.clone()).await;
    response.headers_mut().insert(REQUEST_ID, id);
    let route = matched.as_ref().map_or("-", MatchedPath::as_str);
    let took = began.elapsed();
    app.metrics.answered(route, method, response.status(), took);
    let status = response.status().as_u16();
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(parent: &span, method, route, status, ms, "request");
    response
}

/// The name of a method that the HTTP standard knows. Any other is a text the caller made up, which is neither logged nor repeated.
pub fn method_name(method: &Method) -> Option<&'static str> {
    let known = [
        (Method::GET, "GET"),
        (Method::HEAD, "HEAD"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::TRACE, "TRACE"),
        (Method::CONNECT, "CONNECT"),
    ];
    known.into_iter().find(|(one, _)| one == method).map(|(_, name)| name)
}

/// Answers are not kept by anybody, unless they say otherwise, and are what they say they are.
pub async fn set_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    response
}

/// The answer where a handler has panicked.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::internal(&"a handler panicked").into_response()
}
