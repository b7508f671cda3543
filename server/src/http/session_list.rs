use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::{Fields, LONGEST_LINE};
use super::openapi::{NoKey, Shape, query_parameter, tag};
use super::query::{PageWanted, Query};
use super::wish::moment;
use super::{ApiError, App};
use crate::clock;
use crate::cursor;
use crate::session::{self, Environment, Listed, SessionFilter};

/// A part of a brand's sessions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions.
    sessions: Vec<Listed>,
    /// Send it as `cursor` to get the next part. Null: there is none.
    next: Option<String>,
}

/// `GET /v1/sessions`: the brand's sessions, of its own pages and behind links.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    operation_id = "listSessions",
    tag = tag::SESSIONS,
    description = "Newest first. What is not said does not matter, but the environment: without it, those that count. A link that \
        nobody has followed has no session yet.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(SessionFilters),
    responses(
        (status = 200, description = "A part of the list.", body = SessionList),
        (status = 400, body = ErrorAnswer,
            description = "A parameter of the wrong form, or one that is not known: each is named.",
            example = json!({ "error": "`limit`: has to be a whole number from 1 to 200." })),
        (status = 401, response = NoKey),
    ),
)]
pub async fn list(
    State(app): State<App>,
    Backend(brand): Backend,
    Query(query): Query,
) -> Result<Json<SessionList>, ApiError> {
    let mut fields = Fields::root(&query);
    let filter = filter(&mut fields);
    // The first part is behind everything: instants begin with a digit.
    let (at, id) = fields
        .checked("cursor", |text| {
            cursor::read(text)
                .ok_or_else(|| "is not a cursor; send `next` of the answer before, unchanged.".into())
        })
        .unwrap_or_else(|| ("~".into(), String::new()));
    let limit = PageWanted::limit(&mut fields, session::LONGEST_PAGE);
    fields.finish_strictly()?;
    let now = app.sessions.clock.now_text();
    let page = session::list(&app.sessions.store, &brand.slug, &filter, (&at, &id), limit, &now).await?;
    Ok(Json(SessionList { sessions: page.sessions, next: page.next }))
}

fn filter(fields: &mut Fields<'_>) -> SessionFilter {
    SessionFilter {
        environment: fields.environment().unwrap_or_default(),
        outcome: fields.checked("outcome", |text| match text {
            "saved" | "canceled" | "aborted" => Ok(text.to_owned()),
            "none" => Ok(String::new()),
            _ => Err(format!("\"{text}\" is not \"saved\", \"canceled\", \"aborted\" or \"none\".")),
        }),
        customer: fields.text("customerId").map(Into::into),
        since: fields.checked("since", moment).map(clock::text),
        until: fields.checked("until", moment).map(clock::text),
    }
}

/// What [`filter`] reads.
#[derive(Clone, Copy, Debug)]
struct SessionFilters;

impl IntoParams for SessionFilters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            query_parameter(
                "environment",
                "Those that count, or those of somebody trying things out.",
                Environment::shape(),
            ),
            query_parameter(
                "outcome",
                "What they came to last, or that they came to nothing.",
                Shape::one_of(["saved", "canceled", "aborted", "none"]),
            ),
            query_parameter(
                "customerId",
                "The customer's id in billing, or your own.",
                Shape::line(LONGEST_LINE),
            ),
            query_parameter("since", "Opened from this moment on.", Shape::moment()),
            query_parameter("until", "Opened before this moment.", Shape::moment()),
        ];
        parameters.extend(PageWanted::parameters(session::LONGEST_PAGE));
        parameters
    }
}
