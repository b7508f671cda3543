use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::visit::Visit;
use super::{confirmation, form, receipt};
use crate::brand::Brand;
use crate::declaration::desk::{Arriving, NotReceived};
use crate::declaration::form::Typed;
use crate::declaration::{Declaration, Kind};
use crate::http::{App, Peer, body, retry_after};
use crate::page::{Document, Message};
use crate::session::new_handle;

/// The routes of the public pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/b/{slug}/cancel", declare(Kind::Cancel))
        .route("/b/{slug}/withdraw", declare(Kind::Withdraw))
        .route("/b/{slug}/declarations/{token}", get(kept))
        .route("/b/{slug}/declarations/{token}/receipt.txt", get(kept_as_text))
        .route("/b/{slug}/confirm/{token}", get(ask).post(confirm))
        .method_not_allowed_fallback(async || {
            Message::new(StatusCode::METHOD_NOT_ALLOWED, "declaration_missing")
        })
}

fn declare(kind: Kind) -> MethodRouter<App> {
    let show = async move |State(app): State<App>, visit: Visit| show(&app, &visit, kind);
    let send = async move |State(app): State<App>, request: Request| send(&app, request, kind).await;
    get(show).post(send)
}

/// `GET /b/{slug}/cancel` and `/withdraw`: the form.
fn show(app: &App, visit: &Visit, kind: Kind) -> Result<Document, Message> {
    open(visit, kind)?;
    let typed = Typed { form: new_handle().map_err(|error| visit.failed(&error))?, ..Typed::default() };
    Ok(form::page(visit, kind, &typed, &[], &today(app, &visit.brand).to_string()))
}

/// `POST` of the same: stores what is declared, and leads to its receipt.
async fn send(app: &App, request: Request, kind: Kind) -> Result<Response, Message> {
    let (mut parts, sent) = request.into_parts();
    let visit = Visit::from_request_parts(&mut parts, app).await?;
    open(&visit, kind)?;
    let from = Peer::of(&parts.extensions);
    let is_form = body::is_type(&parts.headers, "application", "x-www-form-urlencoded");
    let unclear = |status| visit.message(status, "declaration_unclear");
    let sent =
        body::read(Request::from_parts(parts, sent), app).await.map_err(|error| unclear(error.status))?;
    if !is_form {
        return Err(unclear(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    // A form of these pages sends all its fields, also empty ones.
    if sent.is_empty() {
        return Err(unclear(StatusCode::BAD_REQUEST));
    }
    let typed = Typed::read(&sent);
    let today = today(app, &visit.brand);
    let content = match typed.check(kind, today) {
        Ok(content) => content,
        Err(mistakes) => {
            return Ok(form::page(&visit, kind, &typed, &mistakes, &today.to_string()).into_response());
        }
    };
    let (brand, locale) = (visit.brand.clone(), visit.locale.clone());
    let arriving = Arriving { brand, kind, content, locale, form: typed.form, from };
    match app.desk.receive(arriving).await {
        Ok(token) => Ok(see(&format!("/b/{}/declarations/{token}", visit.brand.slug))),
        Err(NotReceived::TooOften(wait)) => {
            let message = visit.message(StatusCode::TOO_MANY_REQUESTS, "declaration_often");
            Ok(([(header::RETRY_AFTER, retry_after(wait))], message).into_response())
        }
        Err(error) => Err(visit.failed(&error)),
    }
}

/// `GET /b/{slug}/declarations/{token}`: the receipt.
async fn kept(State(app): State<App>, visit: Visit) -> Result<Document, Message> {
    let declaration = received(&app, &visit).await?;
    let path = format!("/b/{}/declarations/{}", visit.brand.slug, visit.token);
    Ok(receipt::page(&declaration, &visit.brand, &path))
}

/// `GET /b/{slug}/declarations/{token}/receipt.txt`: the receipt to keep.
async fn kept_as_text(State(app): State<App>, visit: Visit) -> Result<Response, Message> {
    let declaration = received(&app, &visit).await?;
    Ok(receipt::file(&declaration, &visit.brand))
}

/// `GET /b/{slug}/confirm/{token}`: asks. Nothing is changed: programs that look through mail follow links.
async fn ask(State(app): State<App>, visit: Visit) -> Result<Document, Message> {
    let declaration = mailed(&app, &visit).await?;
    let path = format!("/b/{}/confirm/{}", visit.brand.slug, visit.token);
    Ok(confirmation::page(&declaration, &visit.brand, &path, app.sessions.clock.now()))
}

/// `POST` of the same: confirms. Once more is the same.
async fn confirm(State(app): State<App>, visit: Visit) -> Result<Response, Message> {
    let declaration = mailed(&app, &visit).await?;
    if confirmation::asks(&declaration) {
        app.desk.confirm(&declaration).await.map_err(|error| visit.failed(&error))?;
    }
    Ok(see(&format!("/b/{}/confirm/{}", visit.brand.slug, visit.token)))
}

/// Lets a visitor pass where the brand takes such declarations.
fn open(visit: &Visit, kind: Kind) -> Result<(), Message> {
    if visit.brand.public.takes(kind) { Ok(()) } else { Err(visit.missing()) }
}

async fn received(app: &App, visit: &Visit) -> Result<Declaration, Message> {
    let found = app.desk.register.by_receipt(&visit.token).await.map_err(|error| visit.failed(&error))?;
    found.filter(|declaration| declaration.brand == visit.brand.slug).ok_or_else(|| visit.missing())
}

/// The declaration of a mailed link, while the link is valid or after it was followed.
async fn mailed(app: &App, visit: &Visit) -> Result<Declaration, Message> {
    let found =
        app.desk.register.by_confirmation(&visit.token).await.map_err(|error| visit.failed(&error))?;
    let declaration = found
        .filter(|declaration| declaration.brand == visit.brand.slug)
        .ok_or_else(|| visit.message(StatusCode::NOT_FOUND, "declaration_gone"))?;
    if confirmation::asks(&declaration) && declaration.confirm_until <= app.sessions.clock.now_text() {
        return Err(visit.message(StatusCode::GONE, "declaration_late").in_language(&declaration.locale));
    }
    Ok(declaration)
}

/// Today, where the brand is.
fn today(app: &App, brand: &Brand) -> Date {
    let zone = TimeZone::get(&brand.time_zone).unwrap_or(TimeZone::UTC);
    app.sessions.clock.now().to_zoned(zone).date()
}

/// Leads the browser to another page, which it fetches with GET. Paths are made of slugs and tokens only.
fn see(path: &str) -> Response {
    let path = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}
