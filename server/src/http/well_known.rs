use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::App;

/// `GET /.well-known/jwks.json`: the public keys of result tokens.
///
/// May be kept for five minutes: a new key signs at once, and whoever meets an unknown `kid` should fetch again.
pub async fn jwks(State(app): State<App>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(app.sessions.signer.jwks()))
}
