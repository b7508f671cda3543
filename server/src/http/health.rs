//! Whether the server can do its work: for a load balancer without a key, and for a merchant's monitoring with one.

use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::caller::Backend;
use super::error::ErrorAnswer;
use super::openapi::{NoKey, Shape, query_parameter, tag};
use super::{ApiError, App};
use crate::backlog::{Backlog, NOTIFICATIONS, WEBHOOKS};
use crate::store::{self, Store};

/// How long something may wait before the part it waits in is degraded, in seconds.
const PATIENCE: i64 = 5 * 60;
/// How long the database may take to keep an empty transaction.
const WRITE_WITHIN: Duration = Duration::from_secs(3);

/// What is said where nobody can tell which of both is meant.
const NEITHER: &str = "`deep`: has to be 1, once; leave it out to ask only whether the server answers.";

/// How a part of the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should.
    Ok,
    /// It works, and something has waited for too long.
    Degraded,
    /// It does not work.
    Failing,
}

/// How the server does. Without `deep=1` only the first two are there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Health {
    /// The worst of the parts; `ok` where they are not looked at.
    pub status: Status,
    /// The server's version.
    pub version: &'static str,
    /// Whether the database takes changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub database: Option<DatabaseHealth>,
    /// What billing has not answered yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub billing: Option<Queue>,
    /// Mails and handovers to the merchant that are not delivered yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub notifications: Option<Queue>,
    /// Webhooks that are not delivered yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub webhooks: Option<Queue>,
    /// Declarations that are neither done nor dismissed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub declarations: Option<DeclarationsHealth>,
}

/// Whether the database takes changes.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct DatabaseHealth {
    /// `ok` or `failing`.
    pub status: Status,
}

/// What waits in one part.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Queue {
    /// `ok`, or `degraded` when the oldest has waited for more than five minutes.
    pub status: Status,
    /// How many wait.
    pub pending: i64,
    /// For how many seconds the oldest has waited. Null where nothing waits.
    pub oldest_pending_seconds: Option<i64>,
    /// How many were given up.
    pub failed: i64,
}

/// The declarations that somebody has to see to.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct DeclarationsHealth {
    /// `ok`, or `degraded` when one is overdue.
    pub status: Status,
    /// How many are neither done nor dismissed.
    pub open: i64,
    /// How many of them have waited for more than 24 hours.
    pub overdue: i64,
}

impl Queue {
    fn of(backlog: Backlog, now: Timestamp) -> Self {
        let age = backlog.age(now);
        Self {
            status: if age.is_some_and(|age| age > PATIENCE) { Status::Degraded } else { Status::Ok },
            pending: backlog.pending,
            oldest_pending_seconds: age,
            failed: backlog.failed,
        }
    }
}

/// `GET /api/health`: whether the server can do its work.
#[utoipa::path(
    get,
    path = "/api/health",
    operation_id = "getHealth",
    tag = tag::SERVER,
    description = "Whether the server answers; with `deep=1`, and an API key, how its parts do for the brand of the key.",
    security((), ("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(HealthParameters),
    responses(
        (status = 200, description = "The server answers, and its database takes changes.", body = Health),
        (status = 400, body = ErrorAnswer, description = "`deep` is something else.", example = json!({ "error": NEITHER })),
        (status = 401, response = NoKey),
    ),
)]
pub async fn get(State(app): State<App>, mut parts: Parts) -> Result<Response, ApiError> {
    if !is_deep(&parts)? {
        let health = Health {
            status: Status::Ok,
            version: VERSION,
            database: None,
            billing: None,
            notifications: None,
            webhooks: None,
            declarations: None,
        };
        return Ok(Json(health).into_response());
    }
    let Backend(brand) = Backend::from_request_parts(&mut parts, &app).await.map_err(unavailable)?;
    let health = deep(&app, &brand.slug).await.map_err(|error| unavailable(error.into()))?;
    let status =
        if health.status == Status::Failing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok((status, Json(health)).into_response())
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What else is behind the question mark does not matter: somebody's monitoring may need it.
fn is_deep(parts: &Parts) -> Result<bool, ApiError> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let mut said = url::form_urlencoded::parse(query).filter(|(name, _)| name == "deep");
    let deep = match said.next() {
        None => Some(false),
        Some((_, value)) => match &*value {
            "1" => Some(true),
            "0" | "" => Some(false),
            _ => None,
        },
    };
    deep.filter(|_| said.next().is_none()).ok_or_else(|| ApiError::bad_request(NEITHER))
}

/// A database that cannot be read is a failing health, and no fault in the answer to it.
fn unavailable(error: ApiError) -> ApiError {
    match error.status {
        StatusCode::INTERNAL_SERVER_ERROR => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The database cannot be read. The server's log says why.",
        ),
        _ => error,
    }
}

async fn deep(app: &App, brand: &str) -> Result<Health, store::Error> {
    let (store, now) = (&app.sessions.store, app.sessions.clock.now());
    let database = DatabaseHealth { status: database(store).await };
    let billing = Queue::of(Backlog::of_billing(store, Some(brand)).await?, now);
    let notifications = Queue::of(Backlog::of_outboxes(store, NOTIFICATIONS, Some(brand)).await?, now);
    let webhooks = Queue::of(Backlog::of_outboxes(store, WEBHOOKS, Some(brand)).await?, now);
    let waiting = app.desk.register.waiting(Some(brand)).await?;
    let declarations = DeclarationsHealth {
        status: if waiting.overdue > 0 { Status::Degraded } else { Status::Ok },
        open: waiting.open,
        overdue: waiting.overdue,
    };
    let parts = [database.status, billing.status, notifications.status, webhooks.status, declarations.status];
    let status = parts.into_iter().max().unwrap_or(Status::Ok);
    Ok(Health {
        status,
        version: VERSION,
        database: Some(database),
        billing: Some(billing),
        notifications: Some(notifications),
        webhooks: Some(webhooks),
        declarations: Some(declarations),
    })
}

/// Has the database keep a transaction with nothing in it.
async fn database(store: &Store) -> Status {
    let written = store.write(async |_| Ok::<_, store::Error>(()));
    match tokio::time::timeout(WRITE_WITHIN, written).await {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(error)) => {
            tracing::error!(%error, "the database takes no changes");
            Status::Failing
        }
        Err(_) => {
            tracing::error!("the database has taken no change for {} seconds", WRITE_WITHIN.as_secs());
            Status::Failing
        }
    }
}

/// What [`get`] reads.
#[derive(Clone, Copy, Debug)]
struct HealthParameters;

impl IntoParams for HealthParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let says = "`1`: how the parts of the server do. `0`, or nothing: as if it were left out.";
        vec![query_parameter("deep", says, Shape::one_of(["1", "0", ""]))]
    }
}
