use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::openapi::tag;
use crate::sign::KeySet;

use super::App;

/// `GET /.well-known/jwks.json`: the public keys of result tokens.
///
/// May be kept for five minutes: a new key signs at once, and whoever meets an unknown `kid` should fetch again.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "getKeySet",
    tag = tag::RESULTS,
    responses((status = 200, description = "The keys, the current one first.", body = KeySet)),
)]
pub async fn jwks(State(app): State<App>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(app.sessions.signer.jwks()))
}
