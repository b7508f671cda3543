use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::visit::Visit;
use super::{confirmation, form, receipt};
use crate::brand::Brand;
use crate::declaration::desk::{Arriving, NotReceived};
use crate::declaration::form::Typed;
use crate::declaration::{Declaration, Kind};
use crate::http::openapi::{self, tag};
use crate::http::{App, Peer, body, retry_after};
use crate::page::{Document, Message};
use crate::session::new_handle;

/// The routes of the public pages.
pub fn router() -> OpenApiRouter<App> {
    let pages = OpenApiRouter::new()
        .routes(routes!(cancel_form, declare_cancel))
        .routes(routes!(withdraw_form, declare_withdraw))
        .routes(routes!(kept))
        .routes(routes!(kept_as_text))
        .routes(routes!(ask, confirm));
    openapi::dressed(pages, |pages| {
        pages.method_not_allowed_fallback(async || {
            Message::new(StatusCode::METHOD_NOT_ALLOWED, "declaration_missing")
        })
    })
}

/// `GET /b/{slug}/cancel`: the form to cancel, everything on one page.
#[utoipa::path(
    get,
    path = "/b/{slug}/cancel",
    operation_id = "showCancelForm",
    tag = tag::PUBLIC,
    params(
        ("slug" = String, Path, description = "The brand's slug."),
        ("lang" = Option<String>, Query, description = "BCP 47 tag of the language to be spoken to in."),
    ),
    responses(
        (status = 200, description = "The form.", body = String, content_type = "text/html"),
        (status = 404, description = "The brand has no such page.", body = String, content_type = "text/html"),
    ),
)]
async fn cancel_form(State(app): State<App>, visit: Visit) -> Result<Document, Message> {
    show(&app, &visit, Kind::Cancel)
}

/// `POST /b/{slug}/cancel`: declares it. The answer is the same whether somebody is a customer or not.
#[utoipa::path(
    post,
    path = "/b/{slug}/cancel",
    operation_id = "declareCancel",
    tag = tag::PUBLIC,
    description = "It is stored, and with it the mail of its receipt, before the answer is given. Nothing is carried out before the \
        link in the mail or the merchant confirms it. A form that is sent twice is one declaration.",
    params(
        ("slug" = String, Path, description = "The brand's slug."),
        ("lang" = Option<String>, Query, description = "BCP 47 tag of the language to be spoken to in."),
    ),
    request_body(
        content_type = "application/x-www-form-urlencoded",
        content = ref("#/components/schemas/CancelForm"),
    ),
    responses(
        (status = 303, description = "Leads to the receipt."),
        (status = 400, description = "The form is empty.", body = String, content_type = "text/html"),
        (status = 404, description = "The brand has no such page.", body = String, content_type = "text/html"),
        (status = 413, description = "The form is larger than 64 KiB.", body = String, content_type = "text/html"),
        (status = 415, description = "It is not said to be a form.", body = String, content_type = "text/html"),
        (status = 422, description = "The form again, with its mistakes.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many at once, from one place or for one brand. Nothing is stored.", body = String,
            content_type = "text/html", headers(("Retry-After" = u64, description = "Seconds to wait."))),
    ),
)]
async fn declare_cancel(State(app): State<App>, request: Request) -> Result<Response, Message> {
    send(&app, request, Kind::Cancel).await
}

/// `GET /b/{slug}/withdraw`: the form to withdraw from a contract, everything on one page.
#[utoipa::path(
    get,
    path = "/b/{slug}/withdraw",
    operation_id = "showWithdrawForm",
    tag = tag::PUBLIC,
    params(
        ("slug" = String, Path, description = "The brand's slug."),
        ("lang" = Option<String>, Query, description = "BCP 47 tag of the language to be spoken to in."),
    ),
    responses(
        (status = 200, description = "The form.", body = String, content_type = "text/html"),
        (status = 404, description = "The brand has no such page.", body = String, content_type = "text/html"),
    ),
)]
async fn withdraw_form(State(app): State<App>, visit: Visit) -> Result<Document, Message> {
    show(&app, &visit, Kind::Withdraw)
}

/// `POST /b/{slug}/withdraw`: declares it. The answer is the same whether somebody is a customer or not.
#[utoipa::path(
    post,
    path = "/b/{slug}/withdraw",
    operation_id = "declareWithdraw",
    tag = tag::PUBLIC,
    description = "It is stored, and with it the mail of its receipt, before the answer is given. Nothing is carried out before the \
        link in the mail or the merchant confirms it. A form that is sent twice is one declaration.",
    params(
        ("slug" = String, Path, description = "The brand's slug."),
        ("lang" = Option<String>, Query, description = "BCP 47 tag of the language to be spoken to in."),
    ),
    request_body(
        content_type = "application/x-www-form-urlencoded",
        content = ref("#/components/schemas/WithdrawForm"),
    ),
    responses(
        (status = 303, description = "Leads to the receipt."),
        (status = 400, description = "The form is empty.", body = String, content_type = "text/html"),
        (status = 404, description = "The brand has no such page.", body = String, content_type = "text/html"),
        (status = 413, description = "The form is larger than 64 KiB.", body = String, content_type = "text/html"),
        (status = 415, description = "It is not said to be a form.", body = String, content_type = "text/html"),
        (status = 422, description = "The form again, with its mistakes.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many at once, from one place or for one brand. Nothing is stored.", body = String,
            content_type = "text/html", headers(("Retry-After" = u64, description = "Seconds to wait."))),
    ),
)]
async fn declare_withdraw(State(app): State<App>, request: Request) -> Result<Response, Message> {
    send(&app, request, Kind::Withdraw).await
}

/// The form.
fn show(app: &App, visit: &Visit, kind: Kind) -> Result<Document, Message> {
    open(visit, kind)?;
    let typed = Typed { form: new_handle().map_err(|error| visit.failed(&error))?, ..Typed::default() };
    Ok(form::page(visit, kind, &typed, &[], &today(app, &visit.brand).to_string()))
}

/// Stores what is declared, and leads to its receipt.
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

/// `GET /b/{slug}/declarations/{token}`: the receipt: what was declared and when.
#[utoipa::path(
    get,
    path = "/b/{slug}/declarations/{token}",
    operation_id = "showDeclarationReceipt",
    tag = tag::PUBLIC,
    params(
        ("slug" = String, Path, description = "The brand's slug."),
        ("token" = String, Path, description = "The declaration's own."),
        ("lang" = Option<String>, Query, description = "BCP 47 tag of the language to be spoken to in."),
    ),
    responses(
        (status = 200, description = "The receipt, as a page.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such declaration.", body = String, content_type = "text/html"),
    ),
)]
async fn kept(State(app): State<App>, visit: Visit) -> Result<Document, Message> {
    let declaration = received(&app, &visit).await?;
    let path = format!("/b/{}/declarations/{}", visit.brand.slug, visit.token);
    Ok(receipt::page(&declaration, &visit.brand, &path))
}

/// `GET /b/{slug}/declarations/{token}/receipt.txt`: the receipt, as a file of text.
#[utoipa::path(
    get,
    path = "/b/{slug}/declarations/{token}/receipt.txt",
    operation_id = "saveDeclarationReceipt",
    tag = tag::PUBLIC,
    params(
        ("slug" = String, Path, description = "The brand's slug."),
        ("token" = String, Path, description = "The declaration's own."),
        ("lang" = Option<String>, Query, description = "BCP 47 tag of the language to be spoken to in."),
    ),
    responses(
        (status = 200, description = "The receipt, as text to keep.", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such declaration.", body = String, content_type = "text/html"),
    ),
)]
async fn kept_as_text(State(app): State<App>, visit: Visit) -> Result<Response, Message> {
    let declaration = received(&app, &visit).await?;
    Ok(receipt::file(&declaration, &visit.brand))
}

/// `GET /b/{slug}/confirm/{token}`: where the mailed link leads. Nothing is changed: programs that look through mail follow links.
#[utoipa::path(
    get,
    path = "/b/{slug}/confirm/{token}",
    operation_id = "askToConfirm",
    tag = tag::PUBLIC,
    params(
        ("slug" = String, Path, description = "The brand's slug."),
        ("token" = String, Path, description = "The declaration's own."),
        ("lang" = Option<String>, Query, description = "BCP 47 tag of the language to be spoken to in."),
    ),
    responses(
        (status = 200, description = "The question, or what became of it.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such link.", body = String, content_type = "text/html"),
        (status = 410, description = "The link's 14 days are over. The declaration counts all the same.", body = String,
            content_type = "text/html"),
    ),
)]
async fn ask(State(app): State<App>, visit: Visit) -> Result<Document, Message> {
    let declaration = mailed(&app, &visit).await?;
    let path = format!("/b/{}/confirm/{}", visit.brand.slug, visit.token);
    Ok(confirmation::page(&declaration, &visit.brand, &path, app.sessions.clock.now()))
}

/// `POST /b/{slug}/confirm/{token}`: the mailbox confirms. Once more is the same.
#[utoipa::path(
    post,
    path = "/b/{slug}/confirm/{token}",
    operation_id = "confirmDeclaration",
    tag = tag::PUBLIC,
    params(
        ("slug" = String, Path, description = "The brand's slug."),
        ("token" = String, Path, description = "The declaration's own."),
        ("lang" = Option<String>, Query, description = "BCP 47 tag of the language to be spoken to in."),
    ),
    responses(
        (status = 303, description = "Leads to the same page, which says what becomes of it."),
        (status = 404, description = "There is no such link.", body = String, content_type = "text/html"),
        (status = 410, description = "The link's 14 days are over. The declaration counts all the same.", body = String,
            content_type = "text/html"),
    ),
)]
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
