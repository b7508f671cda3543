//! `GET /openapi.json`.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::Value;

use super::tag;

/// The document, as it is served.
#[derive(Clone, Debug)]
pub struct Served {
    json: Bytes,
}

impl Served {
    /// This document.
    #[must_use]
    pub fn new(document: &Value) -> Arc<Self> {
        Arc::new(Self { json: document.to_string().into() })
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> Value {
        serde_json::from_slice(&self.json).unwrap_or_default()
    }
}

/// `GET /openapi.json`: this document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApi",
    tag = tag::SERVER,
    description = "OpenAPI 3.1.",
    responses((status = 200, description = "The document.", body = Value)),
)]
pub async fn json(Extension(served): Extension<Arc<Served>>) -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, served.json.clone())
}
