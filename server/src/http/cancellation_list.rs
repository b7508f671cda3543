use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;

use super::caller::Backend;
use super::cancellation::{CancellationDetail, event_id, unknown};
use super::fields::Fields;
use super::query::{PageWanted, Query, cursor};
use super::wish::moment;
use super::{ApiError, App};
use crate::cancellation::{self, Cancellation, Filter, LONGEST_PAGE, LedgerOutcome, Source};
use crate::clock;

/// A part of the ledger of cancellations, newest first.
#[derive(Debug, Serialize)]
pub struct CancellationList {
    /// The events.
    cancellations: Vec<Cancellation>,
    /// Send it as `cursor` to get the next part. Null: there is none.
    next: Option<String>,
}

/// `GET /v1/cancellations`: what the ledger knows, of merchants and of the flow. On any plan: it is the brand's own.
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

/// `GET /v1/cancellations/{eventId}`: one of them, with every outcome that was set.
pub async fn get(
    State(app): State<App>,
    Backend(brand): Backend,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<CancellationDetail>, ApiError> {
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
