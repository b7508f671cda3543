//! The least that making a session could be: the same body, the same look-up, and a random id.
//!
//! It has what its author would give it: axum and sqlx as the server has them, as many readers, a typed body, statements written
//! by hand, one of them for customer and subscription together. It checks no form of anything, knows no law and no language,
//! seals nothing, logs nothing and sets no header.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::Result;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tokio::net::TcpListener;

/// As many as the server has.
const READERS: u32 = 4;

/// What the bare handler looks into.
#[derive(Args)]
pub struct Options {
    /// A database of the server's, with customers and a key
    #[arg(long)]
    database: PathBuf,
    #[arg(long)]
    port: u16,
}

#[derive(Deserialize)]
struct Body {
    retention: Retention,
}

#[derive(Deserialize)]
struct Retention {
    customer_id: String,
}

#[derive(Serialize)]
struct Created {
    id: String,
    session: Named,
}

#[derive(Serialize)]
struct Named {
    id: String,
}

/// Answers until it is ended.
pub async fn serve(options: &Options) -> Result<()> {
    let database = SqliteConnectOptions::new().filename(&options.database).pragma("query_only", "ON");
    let readers = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
    let readers = readers.connect_with(database).await?;
    let router = Router::new()
        .route("/v1/retention/session", post(create))
        .route("/api/health", get(async || "ok"))
        .with_state(readers);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), router)
        .await?;
    Ok(())
}

async fn create(
    State(readers): State<SqlitePool>,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Result<Json<Created>, StatusCode> {
    let key = headers.get("x-brand-key").ok_or(StatusCode::UNAUTHORIZED)?;
    let brand: Option<String> =
        sqlx::query_scalar("SELECT brand FROM api_keys WHERE hash = $1 AND revoked_at IS NULL")
            .bind(Sha256::digest(key.as_bytes()).to_vec())
            .fetch_optional(&readers)
            .await
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let brand = brand.ok_or(StatusCode::UNAUTHORIZED)?;
    let found: Option<(i64, i64)> = sqlx::query_as(
        "SELECT c.id, s.id FROM ledger_customers AS c JOIN ledger_subscriptions AS s ON s.customer_id = c.id \
         WHERE c.brand = $1 AND c.external_id = $2 AND s.status = 'active'",
    )
    .bind(brand)
    .bind(body.retention.customer_id)
    .fetch_optional(&readers)
    .await
    .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    found.ok_or(StatusCode::NOT_FOUND)?;
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let id = random.iter().fold("ret_".to_owned(), |id, byte| format!("{id}{byte:02x}"));
    Ok(Json(Created { session: Named { id: id.clone() }, id }))
}
