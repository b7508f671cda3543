use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flow::{Action, Element, Node, Notice, Outcome, Posted};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asset::{Asset, STYLE};
use super::document::{Script, origin_of};
use super::{Document, Message, docs, hub, open, package, receipt, widget};
use crate::billing::LookupError;
use crate::config::Config;
use crate::format::Format;
use crate::html;
use crate::http::openapi::{self, tag};
use crate::http::{App, body};
use crate::seal::Kind;
use crate::session::{Placed, SessionError, Stored};

/// The routes of the hosted pages.
pub fn router() -> OpenApiRouter<App> {
    let pages = OpenApiRouter::new()
        .routes(routes!(open::page, post))
        .routes(routes!(show, post_here))
        .routes(routes!(receipt::page))
        .routes(routes!(receipt::file));
    openapi::dressed(pages, |pages| pages.method_not_allowed_fallback(wrong_method))
}

/// The routes of the documentation's pages.
pub fn documentation(config: &Config) -> OpenApiRouter<App> {
    openapi::dressed(docs::router(config), |pages| pages.method_not_allowed_fallback(wrong_method))
}

async fn wrong_method() -> Message {
    Message::new(StatusCode::METHOD_NOT_ALLOWED, "missing")
}

/// The routes of what pages load, and merchants' pages: files that never change, with a stylesheet for each brand that has a look
/// of its own.
pub fn assets(config: &Config) -> OpenApiRouter<App> {
    let themes = config.brands.iter().filter_map(|brand| Asset::theme(brand)).map(Arc::new);
    let themes = themes.fold(OpenApiRouter::new(), |router, theme| {
        let path = theme.path.clone();
        router.route(&path, get(async move || theme.answer()))
    });
    let assets = themes
        .route(open::SCRIPT, get(open::script))
        .route(&STYLE.path, get(async || STYLE.answer()))
        .merge(widget::router())
        .merge(package::router())
        .merge(docs::assets(config));
    openapi::dressed(assets, |assets| assets.method_not_allowed_fallback(wrong_method))
}

/// `GET /c/{handle}`: the step the customer is on, or their hub. Nothing is changed.
#[utoipa::path(
    get,
    path = "/c/{handle}",
    operation_id = "showPage",
    tag = tag::HOSTED,
    params(("handle" = String, Path, description = "The page's name: where `POST /c` leads.")),
    responses(
        (status = 200, description = "The step, or the hub, as a page.", body = String, content_type = "text/html"),
        (status = 401, description = "The link's time is over.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such page, or its time is over.", body = String,
            content_type = "text/html"),
        (status = 409, description = "Billing does not lead to one subscription that could be canceled.",
            body = String, content_type = "text/html"),
    ),
)]
async fn show(
    State(app): State<App>,
    handle: Result<Path<String>, PathRejection>,
) -> Result<Document, Message> {
    // What is not a text is nobody's handle.
    let Path(handle) = handle.map_err(|_| message(&app, StatusCode::NOT_FOUND, "gone"))?;
    match find(&app, &handle).await {
        Ok(session) => Ok(draw(&app, &session, None)),
        Err(message) if message.status == StatusCode::NOT_FOUND => {
            hub::find(&app, &handle).await?.ok_or(message)
        }
        Err(message) => Err(message),
    }
}

/// `POST /c/{handle}`: the same as `POST /c`.
#[utoipa::path(
    post,
    path = "/c/{handle}",
    operation_id = "postHere",
    tag = tag::HOSTED,
    params(("handle" = String, Path, description = "Any: what counts is in the form.")),
    request_body(
        content_type = "application/x-www-form-urlencoded",
        content = ref("#/components/schemas/FlowForm"),
    ),
    responses(
        (status = 303, description = "Leads to the page of the session or of the hub, or to the return URL."),
        (status = 400, description = "The form is not one of the flow.", body = String, content_type = "text/html"),
        (status = 401, description = "The session id is not one, or its time is over.", body = String,
            content_type = "text/html"),
        (status = 404, description = "There is no such page, or its time is over.", body = String,
            content_type = "text/html"),
        (status = 409, description = "It cannot be done as it was sent: the step as it is now, and why.",
            body = String, content_type = "text/html"),
        (status = 413, description = "The form is larger than 64 KiB.", body = String, content_type = "text/html"),
        (status = 415, description = "It is not said to be a form.", body = String, content_type = "text/html"),
    ),
)]
async fn post_here(app: State<App>, request: Request) -> Result<Response, Message> {
    post(app, request).await
}

/// `POST /c`: opens a session, or does what a form of the flow says. Both lead to `/c/{handle}`.
#[utoipa::path(
    post,
    path = "/c",
    operation_id = "postPage",
    tag = tag::HOSTED,
    description = "With `session=ret_…` a plain form on any page can open the flow; with `session=sub_…` it opens the hub.",
    request_body(
        content_type = "application/x-www-form-urlencoded",
        content = ref("#/components/schemas/FlowForm"),
    ),
    responses(
        (status = 303, description = "Leads to the page of the session or of the hub, or to the return URL."),
        (status = 400, description = "The form is not one of the flow.", body = String, content_type = "text/html"),
        (status = 401, description = "The session id is not one, or its time is over.", body = String,
            content_type = "text/html"),
        (status = 404, description = "There is no such page, or its time is over.", body = String,
            content_type = "text/html"),
        (status = 409, description = "It cannot be done as it was sent: the step as it is now, and why.",
            body = String, content_type = "text/html"),
        (status = 413, description = "The form is larger than 64 KiB.", body = String, content_type = "text/html"),
        (status = 415, description = "It is not said to be a form.", body = String, content_type = "text/html"),
    ),
)]
async fn post(State(app): State<App>, request: Request) -> Result<Response, Message> {
    let unclear = |status| message(&app, status, "unclear");
    let form = body::is_type(request.headers(), "application", "x-www-form-urlencoded");
    let bytes = body::read(request, &app).await.map_err(|error| unclear(error.status))?;
    if !form {
        return Err(unclear(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
    if let Some((_, id)) = fields.iter().find(|(name, _)| name == "session") {
        let id = id.trim();
        if id.starts_with(Kind::Subscription.prefix()) {
            return hub::open(&app, id).await;
        }
        return open_session(&app, id).await;
    }
    if let Some((_, handle)) = fields.iter().find(|(name, _)| name == "hub") {
        return hub::act(&app, handle.trim(), &fields).await;
    }
    let posted = Posted::from_form(&fields).map_err(|_| unclear(StatusCode::BAD_REQUEST))?;
    act(&app, posted).await
}

/// Leads to the page of a session. One that was closed without a decision begins again, as it does in the widget: whoever opens
/// it anew wants to decide. Its page alone, reloaded, stays at what happened.
async fn open_session(app: &App, id: &str) -> Result<Response, Message> {
    let read = app.sessions.read(id);
    let (claims, brand) = read.map_err(|_| message(app, StatusCode::UNAUTHORIZED, "gone"))?;
    let opened = app.sessions.open(&claims, &brand).await;
    let mut session = opened
        .map_err(|error| unopened(app, &error))
        .map_err(|message| message.with_email(brand.support_email.as_ref()))?;
    if session.state.runs.last().and_then(|run| run.outcome) == Some(Outcome::Aborted) {
        let shown = Placed { at: session.state.next(), action: Action::Shown };
        let acted = app.sessions.act(session, vec![shown]).await.map_err(|error| failed(app, &error))?;
        session = acted.session;
    }
    see(app, &format!("/c/{}", session.handle))
}

/// What the customer is told of a session that cannot be opened.
fn unopened(app: &App, error: &SessionError) -> Message {
    match error {
        SessionError::Expired => message(app, StatusCode::UNAUTHORIZED, "gone"),
        SessionError::Billing(error) if !matches!(error, LookupError::Unavailable(_)) => {
            tracing::warn!(why = error.name(), "a session cannot be opened");
            message(app, StatusCode::CONFLICT, "settled")
        }
        error => failed(app, error),
    }
}

async fn act(app: &App, posted: Posted) -> Result<Response, Message> {
    let session = find(app, &posted.handle).await?;
    let email = session.flow.support_email.clone();
    let failed = |error: SessionError| failed(app, &error).with_email(email.as_ref());
    let leaves = posted.action == Action::Close;
    let placed = Placed { at: posted.at, action: posted.action };
    let acted = app.sessions.act(session, vec![placed]).await.map_err(failed)?;
    if let Some(conflict) = acted.conflict {
        return Ok(draw(app, &acted.session, Some(conflict.notice)).into_response());
    }
    if leaves && let Some(return_url) = &acted.session.return_url {
        let result = app.sessions.result(&acted.session).await.map_err(failed)?;
        return match result {
            Some((_, token)) => see(app, &flow::with_result_token(return_url, &token)),
            None => see(app, return_url),
        };
    }
    see(app, &format!("/c/{}", acted.session.handle))
}

/// The session of a handle, if its time is not over.
async fn find(app: &App, handle: &str) -> Result<Stored, Message> {
    let gone = || message(app, StatusCode::NOT_FOUND, "gone");
    let found = app.sessions.follow(handle).await.map_err(|error| unopened(app, &error))?;
    let session = found.ok_or_else(gone)?;
    let email = session.flow.support_email.clone();
    app.sessions.alive(session).map_err(|_| gone().with_email(email.as_ref()))
}

/// The page of a step. With a notice on top of it, it answers a form that could not be done as it was sent, and stays plain:
/// the widget has no address of its own to go on from there.
fn draw(app: &App, session: &Stored, notice: Option<Notice>) -> Document {
    let flow = &session.flow;
    let widget = widget::of(session).filter(|_| notice.is_none());
    let status = if notice.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let unopened = session.state.runs.is_empty();
    let draw = if unopened { flow::opening } else { flow::view };
    let mut view = draw(flow, &session.policy, &session.state);
    if let Some(notice) = notice {
        after_heading(&mut view.form, flow::notice(flow, notice, None));
    }
    let mut body = String::from("<main");
    if let Some(widget) = widget {
        widget::attributes(&mut body, widget, &app.sessions, session);
    }
    body.push_str(">\n<h1 class=\"brand\">");
    html::text(&mut body, &flow.brand);
    body.push_str("</h1>\n");
    body.push_str(&html::element(&view.form, &Format::of(flow)));
    body.push_str("\n</main>");
    Document {
        status,
        lang: flow.locale.clone(),
        rtl: flow.rtl,
        title: format!("{} · {}", view.name, flow.brand),
        body,
        theme: app
            .sessions
            .config
            .brand(&session.brand)
            .and_then(|brand| Asset::theme(brand))
            .map(|theme| theme.path),
        script: widget.map(Script::Widget),
        leads_to: [session.return_url.as_deref(), Some(flow.page.action.as_str())]
            .into_iter()
            .flatten()
            .filter_map(origin_of)
            .collect(),
    }
}

fn after_heading(form: &mut Element, notice: Element) {
    let heading = form.children.iter().position(|node| matches!(node, Node::Element(e) if e.tag == "h2"));
    form.children.insert(heading.map_or(0, |at| at + 1), Node::Element(notice));
}

/// Leads the browser to another page, which it fetches with GET.
pub(super) fn see(app: &App, url: &str) -> Result<Response, Message> {
    let url = HeaderValue::from_str(url).map_err(|error| failed(app, &error))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response())
}

/// A message to a customer whose brand is not known.
pub(super) fn message(app: &App, status: StatusCode, about: &'static str) -> Message {
    Message::new(status, about).with_email(app.sessions.config.common_support_email())
}

pub(super) fn failed(app: &App, error: &dyn std::fmt::Display) -> Message {
    tracing::error!(%error, "a page failed");
    message(app, StatusCode::INTERNAL_SERVER_ERROR, "failed")
}
