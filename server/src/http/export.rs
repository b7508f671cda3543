//! What happened as a file, for spreadsheets and programs.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Map, Value};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::caller::Backend;
use super::error::ErrorAnswer;
use super::fields::Fields;
use super::openapi::{NoKey, Shape, query_parameter, tag};
use super::query::Query;
use super::wish::moment;
use super::{ApiError, App};
use crate::export::{CancellationRows, Encoder, Filter, Format, Row, Rows, SessionRows};
use crate::session::Environment;

/// What is said of a format that there is not.
const BAD_FORMAT: &str = "`format`: has to be \"csv\" or \"ndjson\".";

/// `GET /v1/export/sessions`: every session of the brand as a file.
#[utoipa::path(
    get,
    path = "/v1/export/sessions",
    operation_id = "exportSessions",
    tag = tag::SESSIONS,
    description = "A row for each run of each session, oldest first: a run is one pass from opening the flow to an outcome. All there \
        are, however many; where the connection breaks off, what has arrived is not all. `since` and `until` are about when a session was \
        opened.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(ExportFilter),
    responses(
        (status = 200, description = "The rows. In CSV a cell that would be a formula has a `'` before it.", content(
            (Csv = "text/csv", example = "session,run,brand,environment,customer,…\n4d0c…,1,acme,prod,cus_1,…\n"),
            (Ndjson = "application/x-ndjson"),
        )),
        (status = 400, body = ErrorAnswer,
            description = "A parameter of the wrong form, or one that is not known: each is named.",
            example = json!({ "error": BAD_FORMAT })),
        (status = 401, response = NoKey),
    ),
)]
pub async fn sessions(
    State(app): State<App>,
    Backend(brand): Backend,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&query, &brand.slug)?;
    let rows = SessionRows::new(app.sessions.store.clone(), wanted.filter.clone());
    wanted.file(rows, &format!("{}-sessions", brand.slug))
}

/// `GET /v1/export/cancellations`: the brand's ledger of cancellations as a file.
#[utoipa::path(
    get,
    path = "/v1/export/cancellations",
    operation_id = "exportCancellations",
    tag = tag::CANCELLATIONS,
    description = "A row for each event, in the order in which the ledger was told of them. All there are, however many; where the \
        connection breaks off, what has arrived is not all. `since` and `until` are about when the customer wanted to leave.",
    security(("brandKey" = []), ("apiKey" = []), ("bearerKey" = [])),
    params(ExportFilter),
    responses(
        (status = 200, description = "The rows. In CSV a cell that would be a formula has a `'` before it.", content(
            (Csv = "text/csv", example = "event_id,brand,environment,source,…\ncancel_evt_8f30a7bf,acme,prod,api,…\n"),
            (Ndjson = "application/x-ndjson"),
        )),
        (status = 400, body = ErrorAnswer,
            description = "A parameter of the wrong form, or one that is not known: each is named.",
            example = json!({ "error": BAD_FORMAT })),
        (status = 401, response = NoKey),
    ),
)]
pub async fn cancellations(
    State(app): State<App>,
    Backend(brand): Backend,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&query, &brand.slug)?;
    let rows = CancellationRows::new(app.sessions.store.clone(), wanted.filter.clone());
    wanted.file(rows, &format!("{}-cancellations", brand.slug))
}

/// Rows under a header, as RFC 4180 has them, in UTF-8.
#[derive(ToSchema)]
#[schema(value_type = String)]
#[expect(dead_code, reason = "it stands for a body in the OpenAPI document")]
struct Csv(String);

/// A JSON object in each line, with what the cells of the CSV hold, as such.
#[derive(ToSchema)]
#[schema(value_type = String)]
#[expect(dead_code, reason = "it stands for a body in the OpenAPI document")]
struct Ndjson(String);

/// What is asked for.
#[derive(Debug)]
struct Wanted {
    filter: Filter,
    format: Format,
}

impl Wanted {
    fn read(query: &Map<String, Value>, brand: &str) -> Result<Self, ApiError> {
        let mut fields = Fields::root(query);
        let format = fields.checked("format", |text| match text {
            "csv" => Ok(Format::Csv),
            "ndjson" => Ok(Format::Ndjson),
            _ => Err("has to be \"csv\" or \"ndjson\".".into()),
        });
        let with_text = fields.checked("withText", |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("has to be true or false.".into()),
        });
        let filter = Filter {
            brand: Some(brand.into()),
            environment: Some(fields.environment().unwrap_or_default()),
            since: fields.checked("since", moment),
            until: fields.checked("until", moment),
            with_text: with_text.unwrap_or_default(),
        };
        fields.finish_strictly()?;
        Ok(Self { filter, format: format.unwrap_or(Format::Csv) })
    }

    /// A file of this name, written while it is sent. Where the database fails, the connection is broken off: a file that ends well
    /// is whole.
    fn file<R>(self, rows: R, name: &str) -> Result<Response, ApiError>
    where
        R: Rows + Send + 'static,
        R::Row: Row + Send + Sync,
    {
        let (media_type, ending) = match self.format {
            Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
            Format::Ndjson => ("application/x-ndjson", "ndjson"),
        };
        let mut encoder = Encoder::new(self.format, self.filter.with_text);
        let first = encoder.page(&[])?;
        let pages =
            stream::try_unfold((rows, encoder, Some(first)), async |(mut rows, mut encoder, first)| {
                if let Some(first) = first {
                    return Ok(Some((first, (rows, encoder, None))));
                }
                let page = match rows.next_page().await {
                    Ok(None) => return Ok(None),
                    Ok(Some(page)) => encoder.page(&page),
                    Err(error) => Err(error),
                };
                let page = page.inspect_err(|error| tracing::error!(%error, "an export is broken off"))?;
                Ok::<_, crate::store::Error>(Some((page, (rows, encoder, None))))
            });
        let headers = [
            (header::CONTENT_TYPE, media_type.to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{ending}\"")),
        ];
        Ok((headers, Body::from_stream(pages)).into_response())
    }
}

/// What [`Wanted::read`] reads.
#[derive(Clone, Copy, Debug)]
struct ExportFilter;

impl IntoParams for ExportFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            query_parameter(
                "format",
                "How rows are written. CSV where it is left out.",
                Shape::one_of(["csv", "ndjson"]),
            ),
            query_parameter(
                "environment",
                "Those that count, or those of somebody trying things out.",
                Environment::shape(),
            ),
            query_parameter("since", "From this moment on.", Shape::moment()),
            query_parameter("until", "Before this moment.", Shape::moment()),
            query_parameter(
                "withText",
                "Whether what customers have written is wanted too.",
                Shape::one_of(["true", "false"]),
            ),
        ]
    }
}
