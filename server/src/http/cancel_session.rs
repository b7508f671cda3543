use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::Backend;
use super::cancellation::{ADVANCED_ONLY, advanced};
use super::error::ErrorAnswer;
use super::openapi::{NoKey, tag};
use super::{ApiError, App};
use crate::cancellation::Cancellation;
use crate::session::{CancelLink, Ended, Environment, Progress, ResultName, Stored};

/// Where a hosted session is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelSession {
    /// Its id, as the link's answer and `rb_session` have it.
    #[schema(format = Uuid)]
    session_id: String,
    /// Whether it counts.
    environment: Environment,
    /// How far the customer has come.
    state: Progress,
    /// Whether the customer has decided.
    completed: bool,
    /// When.
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    /// The event of it in the ledger of cancellations.
    event_id: Option<String>,
    /// What the customer decided, as `POST /api/public/cancel/result` names it.
    result: Option<ResultName>,
    /// The merchant's own id of the customer.
    user_id: String,
    /// When the link was made, or, of a session without one, when it was opened.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when something can be done in it.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// What is said where there is no such session.
const UNKNOWN: &str = "No session of this brand has this id. It is `sessionId` of the link's answer, and `rb_session` in the \
     address the customer comes back to.";
/// What is said where no session is named.
const MISSING: &str =
    "The session's id is missing: ask for /api/v1/cancel-sessions/{session_id}, with a UUID.";

/// `GET /api/v1/cancel-sessions/{session_id}`: where a hosted session is.
#[utoipa::path(
    get,
    path = "/api/v1/cancel-sessions/{session_id}",
    operation_id = "getCancelSession",
    tag = tag::LINKS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(("session_id" = Uuid, Path,
        description = "`sessionId` of the link's answer, and `rb_session` in the address the customer comes back to.")),
    responses(
        (status = 200, description = "Where it is.", body = CancelSession),
        (status = 400, body = ErrorAnswer,
            description = "The id is not a UUID.",
            example = json!({ "error": MISSING })),
        (status = 401, response = NoKey),
        (status = 403, body = ErrorAnswer,
            description = "The brand is not on the advanced plan.",
            example = json!({ "error": ADVANCED_ONLY })),
        (status = 404, body = ErrorAnswer,
            description = "The brand has no such session.",
            example = json!({ "error": UNKNOWN })),
    ),
)]
pub async fn get(
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<CancelSession>, ApiError> {
    advanced(&brand)?;
    let id = id.ok().and_then(|Path(id)| Uuid::parse_str(&id).ok()).ok_or_else(missing)?.to_string();
    let store = &app.sessions.store;
    let link = CancelLink::by_id(store, &id).await?.filter(|link| link.claims.brand == brand.slug);
    let session = Stored::by_id(store, &id).await?.filter(|session| session.brand == brand.slug);
    let now = app.sessions.clock.now_text();
    match (session, link) {
        (Some(session), link) => {
            let ended = Ended::latest(store, &id).await?.filter(|ended| ended.outcome != "aborted");
            let events = Cancellation::of_session(store, &id).await?;
            Ok(Json(opened(&session, link, ended.as_ref(), &events, &now)))
        }
        (None, Some(link)) => Ok(Json(CancelSession {
            session_id: id,
            environment: link.claims.environment,
            state: if link.expires_at > now { Progress::Created } else { Progress::Expired },
            completed: false,
            completed_at: None,
            event_id: None,
            result: None,
            user_id: link.claims.customer,
            created_at: link.created_at,
            expires_at: link.expires_at,
        })),
        (None, None) => Err(ApiError::new(StatusCode::NOT_FOUND, UNKNOWN)),
    }
}

/// `GET /api/v1/cancel-sessions`: there is no list here.
#[utoipa::path(
    get,
    path = "/api/v1/cancel-sessions",
    operation_id = "cancelSessionWithoutId",
    tag = tag::LINKS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    responses(
        (status = 400, body = ErrorAnswer,
            description = "Always: the id is missing.",
            example = json!({ "error": MISSING })),
        (status = 401, response = NoKey),
        (status = 403, body = ErrorAnswer,
            description = "The brand is not on the advanced plan.",
            example = json!({ "error": ADVANCED_ONLY })),
    ),
)]
pub async fn without_id(Backend(brand): Backend) -> ApiError {
    advanced(&brand).err().unwrap_or_else(missing)
}

/// `GET /api/v1/cancel-sessions/`: there is no list here.
#[utoipa::path(
    get,
    path = "/api/v1/cancel-sessions/",
    operation_id = "cancelSessionWithEmptyId",
    tag = tag::LINKS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    responses(
        (status = 400, body = ErrorAnswer,
            description = "Always: the id is missing.",
            example = json!({ "error": MISSING })),
        (status = 401, response = NoKey),
        (status = 403, body = ErrorAnswer,
            description = "The brand is not on the advanced plan.",
            example = json!({ "error": ADVANCED_ONLY })),
    ),
)]
pub async fn with_no_id(backend: Backend) -> ApiError {
    without_id(backend).await
}

fn missing() -> ApiError {
    ApiError::bad_request(MISSING)
}

fn opened(
    session: &Stored,
    link: Option<CancelLink>,
    ended: Option<&Ended>,
    events: &[Cancellation],
    now: &str,
) -> CancelSession {
    let state = Progress::of(&session.state, ended.is_some(), session.expires_at.as_str() <= now);
    CancelSession {
        session_id: session.id.clone(),
        environment: session.environment,
        state,
        completed: ended.is_some(),
        completed_at: ended.map(|ended| ended.completed_at.clone()),
        event_id: events.last().map(|event| event.event_id.clone()),
        result: ended.map(Ended::result_name),
        user_id: session.user_id.clone().unwrap_or_else(|| session.customer.clone()),
        created_at: link.map_or_else(|| session.opened_at.clone(), |link| link.created_at),
        expires_at: session.expires_at.clone(),
    }
}
