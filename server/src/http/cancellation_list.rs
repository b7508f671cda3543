use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::caller::Backend;
use super::cancellation::{CancellationDetail, EventPath, NO_EVENT, UNKNOWN, event_id, unknown};
use super::error::ErrorAnswer;
use super::fields::{Fields, LONGEST_LINE};
use super::openapi::{NoKey, Shape, query_parameter, tag};
use super::query::{PageWanted, Query, cursor};
use super::wish::moment;
use super::{ApiError, App};
use crate::cancellation::{self, Cancellation, Filter, LONGEST_PAGE, LedgerOutcome, Source};
use crate::clock;
use crate::session::Environment;

/// A part of the ledger of cancellations, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancellationList {
    /// The events.
    cancellations: Vec<Cancellation>,
    /// Send it as `cursor` to get the next part. Null: there is none.
    next: Option<String>,
}

/// `GET /v1/cancellations`: what the ledger knows, of merchants and of the flow. On any plan: it is the brand's own.
#[utoipa::path(
    get,
    path = "/v1/cancellations",
    operation_id = "listCancellations",
    tag = tag::CANCELLATIONS,
    description = "Newest first. What is not said does not matter, but the environment: without it, those that count.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(CancellationFilter),
    responses(
        (status = 200, description = "A part of the list.", body = CancellationList),
        (status = 400, body = ErrorAnswer,
            description = "A parameter of the wrong form, or one that is not known: each is named.",
            example = json!({ "error": "`limit`: has to be a whole number from 1 to 500." })),
        (status = 401, response = NoKey),
    ),
)]
pub async fn list(
    State(app): State<App>,
    Backend(brand): Backend,
    Query(query): Query,
) -> Result<Json<CancellationList>, ApiError> {
    let mut fields = Fields::root(&query);
    let filter = filter(&mut fields);
    let PageWanted { before, limit } = PageWanted::read(&mut fields, LONGEST_PAGE);
    fields.finish_strictly()?;
    let page = cancellation::list(&app.sessions.store, &brand.slug, &filter, before, limit).await?;
    Ok(Json(CancellationList { cancellations: page.events, next: page.next.map(cursor) }))
}

/// `GET /v1/cancellations/{event_id}`: one of them, with every outcome that was set.
#[utoipa::path(
    get,
    path = "/v1/cancellations/{event_id}",
    operation_id = "getCancellation",
    tag = tag::CANCELLATIONS,
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(EventPath),
    responses(
        (status = 200, description = "The event, with every outcome that was set.", body = CancellationDetail),
        (status = 400, body = ErrorAnswer,
            description = "The path holds no event's id, or there is a parameter.",
            example = json!({ "error": NO_EVENT })),
        (status = 401, response = NoKey),
        (status = 404, body = ErrorAnswer,
            description = "The brand has no such event.",
            example = json!({ "error": UNKNOWN })),
    ),
)]
pub async fn get(
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Json<CancellationDetail>, ApiError> {
    query.refuse_all()?;
    let (id, store) = (event_id(id)?, &app.sessions.store);
    let event = Cancellation::by_event(store, &brand.slug, &id).await?.ok_or_else(unknown)?;
    let history = event.history(store).await?;
    Ok(Json(CancellationDetail { event, history, warnings: None }))
}

fn filter(fields: &mut Fields<'_>) -> Filter {
    Filter {
        environment: fields.environment().unwrap_or_default(),
        source: fields.checked("source", |text| {
            Source::named(text).ok_or_else(|| format!("\"{text}\" is neither \"api\" nor \"flow\"."))
        }),
        outcome: fields.checked("outcome", |text| match text {
            "pending" => Ok(None),
            _ => LedgerOutcome::named(text)
                .map(Some)
                .ok_or_else(|| format!("\"{text}\" is not \"churned\", \"recovered\" or \"pending\".")),
        }),
        reason_key: fields.text("reasonKey").map(Into::into),
        user_id: fields.text("userId").map(Into::into),
        since: fields.checked("since", moment).map(clock::text),
        until: fields.checked("until", moment).map(clock::text),
    }
}

/// What [`filter`] reads.
#[derive(Clone, Copy, Debug)]
struct CancellationFilter;

impl IntoParams for CancellationFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let outcomes = [LedgerOutcome::Churned, LedgerOutcome::Recovered].map(LedgerOutcome::name);
        let outcomes = outcomes.into_iter().chain(["pending"]);
        let mut parameters = vec![
            query_parameter(
                "environment",
                "Those that count, or those of somebody trying things out.",
                Environment::shape(),
            ),
            query_parameter(
                "source",
                "Who told of them: your backend, or this server's flow.",
                Shape::one_of([Source::Api, Source::Flow].map(Source::name)),
            ),
            query_parameter("outcome", "How they ended, or that they have not.", Shape::one_of(outcomes)),
            query_parameter("reasonKey", "Key of the reason.", Shape::line(LONGEST_LINE)),
            query_parameter("userId", "Your own id of the customer.", Shape::line(LONGEST_LINE)),
            query_parameter(
                "since",
                "From this moment on, by when the customer wanted to leave.",
                Shape::moment(),
            ),
            query_parameter("until", "Before this moment.", Shape::moment()),
        ];
        parameters.extend(PageWanted::parameters(LONGEST_PAGE));
        parameters
    }
}
