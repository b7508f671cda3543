//! `GET /c/{handle}/receipt`: a receipt to read, to print and to keep. It outlives the session: only its time to act is over.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::{Document, Message};
use crate::html;
use crate::http::App;
use crate::http::openapi::tag;
use crate::locale::{self, Pack};
use crate::receipt::{Issued, Line, Standing};
use crate::session::Stored;

/// The receipt of a run, and the session it is of.
struct Found {
    session: Stored,
    all: Vec<Issued>,
    issued: Issued,
}

/// `GET /c/{handle}/receipt`: a receipt as a page. It outlives the session.
#[utoipa::path(
    get,
    path = "/c/{handle}/receipt",
    operation_id = "showReceipt",
    tag = tag::HOSTED,
    params(
        ("handle" = String, Path, description = "The page's name."),
        ("run" = Option<String>, Query, description = "Which run. The latest receipt where it is left out."),
    ),
    responses(
        (status = 200, description = "The receipt, as a page.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such page, or no receipt.", body = String,
            content_type = "text/html"),
    ),
)]
pub async fn page(
    State(app): State<App>,
    handle: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Document, Message> {
    find(&app, handle, &uri).await.map(|found| found.page())
}

/// `GET /c/{handle}/receipt.txt`: a receipt as a file of text, with its signature.
#[utoipa::path(
    get,
    path = "/c/{handle}/receipt.txt",
    operation_id = "saveReceipt",
    tag = tag::HOSTED,
    params(
        ("handle" = String, Path, description = "The page's name."),
        ("run" = Option<String>, Query, description = "Which run. The latest receipt where it is left out."),
    ),
    responses(
        (status = 200, description = "The receipt, as text to keep.", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such page, or no receipt.", body = String,
            content_type = "text/html"),
    ),
)]
pub async fn file(
    State(app): State<App>,
    handle: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, Message> {
    let found = find(&app, handle, &uri).await?;
    // A reference is made of letters, digits and hyphens.
    let name = format!("attachment; filename=\"{}.txt\"", found.issued.body.reference);
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, name),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
    ];
    Ok((headers, found.issued.to_text()).into_response())
}

async fn find(app: &App, handle: Result<Path<String>, PathRejection>, uri: &Uri) -> Result<Found, Message> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "a receipt cannot be shown");
        Message::new(StatusCode::INTERNAL_SERVER_ERROR, "failed")
    };
    let common = app.sessions.config.common_support_email();
    let gone = || Message::new(StatusCode::NOT_FOUND, "gone").with_email(common);
    let Path(handle) = handle.map_err(|_| gone())?;
    let session = app.sessions.by_handle(&handle).await.map_err(|error| failed(&error))?.ok_or_else(gone)?;
    let all = Issued::of_session(&app.sessions.store, &session.id).await.map_err(|error| failed(&error))?;
    let none =
        || Message::new(StatusCode::NOT_FOUND, "no_receipt").with_email(session.flow.support_email.as_ref());
    let mut fields = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let run = match fields.find(|(name, _)| name == "run") {
        Some((_, run)) => Some(run.parse::<u32>().map_err(|_| none())?),
        None => None,
    };
    let issued = Issued::chosen(&all, &session.state, run).cloned().ok_or_else(none)?;
    Ok(Found { session, all, issued })
}

impl Found {
    fn page(&self) -> Document {
        let body = &self.issued.body;
        let pack = Pack::of(&body.lang);
        let mut page = String::from("<main class=\"receipt\">\n<p class=\"brand\">");
        html::text(&mut page, &body.brand);
        page.push_str("</p>\n<h1>");
        html::text(&mut page, &body.title);
        page.push_str("</h1>\n<p>");
        html::text(&mut page, &body.text);
        page.push_str("</p>\n<dl>\n");
        for line in &body.lines {
            row(&mut page, line);
        }
        page.push_str("</dl>\n<p>");
        html::text(&mut page, &body.note);
        page.push_str("</p>\n<dl class=\"now\">\n");
        row(&mut page, &Line { label: pack.page("receipt_now").into(), text: pack.page(self.now()).into() });
        page.push_str("</dl>\n<p class=\"on-screen\">");
        html::text(&mut page, pack.page("receipt_print"));
        page.push_str("</p>\n");
        self.links(&mut page, pack);
        page.push_str("</main>");
        Document {
            status: StatusCode::OK,
            lang: body.lang.clone(),
            rtl: locale::is_rtl(&body.lang),
            title: format!("{} · {}", body.subject(), body.brand),
            body: page,
            theme: None,
            script: None,
            leads_to: Vec::new(),
        }
    }

    fn links(&self, page: &mut String, pack: &Pack) {
        let handle = &self.session.handle;
        let run = self.issued.body.run;
        page.push_str("<p class=\"links on-screen\">");
        link(page, &format!("/c/{handle}/receipt.txt?run={run}"), pack.page("receipt_save"));
        link(page, &format!("/c/{handle}"), pack.page("receipt_back"));
        page.push_str("</p>\n");
        let others: Vec<_> = self.all.iter().filter(|other| other.body.run != run).collect();
        if !others.is_empty() {
            page.push_str("<nav class=\"on-screen\" aria-labelledby=\"others\">\n<h2 id=\"others\">");
            html::text(page, pack.page("receipt_others"));
            page.push_str("</h2>\n<ul>\n");
            for other in others {
                page.push_str("<li>");
                let to = format!("/c/{handle}/receipt?run={}", other.body.run);
                link(page, &to, &other.body.subject());
                page.push_str("</li>\n");
            }
            page.push_str("</ul>\n</nav>\n");
        }
    }

    /// The word for what has become of it since.
    fn now(&self) -> &'static str {
        match self.issued.standing(&self.all, &self.session.state) {
            Standing::Pending => "receipt_now_pending",
            Standing::Applied => "receipt_now_applied",
            Standing::Refused => "receipt_now_refused",
            Standing::TakenBack => "receipt_now_taken_back",
        }
    }
}

fn row(page: &mut String, line: &Line) {
    page.push_str("<div><dt>");
    html::text(page, &line.label);
    page.push_str("</dt><dd>");
    html::text(page, &line.text);
    page.push_str("</dd></div>\n");
}

fn link(page: &mut String, to: &str, text: &str) {
    page.push_str("<a href=\"");
    html::text(page, to);
    page.push_str("\">");
    html::text(page, text);
    page.push_str("</a>\n");
}
