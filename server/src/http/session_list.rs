use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::caller::Backend;
use super::fields::Fields;
use super::query::{PageWanted, Query};
use super::wish::moment;
use super::{ApiError, App};
use crate::clock;
use crate::cursor;
use crate::session::{self, Listed, SessionFilter};

/// A part of a brand's sessions, newest first.
#[derive(Debug, Serialize)]
pub struct SessionList {
    /// The sessions.
    sessions: Vec<Listed>,
    /// Send it as `cursor` to get the next part. Null: there is none.
    next: Option<String>,
}

/// `GET /v1/sessions`: the brand's sessions, of its own pages and behind links.
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
