//! The subscription hub as a page, for customers without JavaScript and for links that lead here.

use axum::http::StatusCode;
use axum::response::Response;

use super::handlers::{failed, message, see};
use super::{Asset, Document, Message};
use crate::billing::LookupError;
use crate::brand::Brand;
use crate::format::Format;
use crate::html;
use crate::http::App;
use crate::hub::{HubPage, Overview, Posted, Screen, Surface};
use crate::locale;
use crate::session::SessionError;

/// What `POST /c` answers to a session id of the hub: the way to the hub's own page.
pub async fn open(app: &App, id: &str) -> Result<Response, Message> {
    let gone = |_| message(app, StatusCode::UNAUTHORIZED, "gone");
    let (claims, brand) = app.sessions.read_hub(id).map_err(gone)?;
    let counted = app.sessions.count_hub(&claims);
    counted.map_err(|error| unshown(app, &brand, &error))?;
    let opened = app.sessions.open_hub_page(&claims, &brand).await;
    let handle = opened.map_err(|error| unshown(app, &brand, &error))?;
    see(app, &format!("/c/{handle}"))
}

/// The hub's page of this handle, if there is one.
pub async fn find(app: &App, handle: &str) -> Result<Option<Document>, Message> {
    let Some(page) = app.sessions.hub_page(handle).await.map_err(|error| failed(app, &error))? else {
        return Ok(None);
    };
    let gone = || message(app, StatusCode::NOT_FOUND, "gone");
    let brand = app.sessions.config.brand(&page.claims.brand).ok_or_else(gone)?;
    app.sessions.count_hub(&page.claims).map_err(|error| unshown(app, brand, &error))?;
    let shown = draw(app, &page, brand).await.map_err(|error| unshown(app, brand, &error));
    Ok(Some(document(&shown?, brand)))
}

/// Does what a form of a hub's page says, and leads back to the page.
pub async fn act(app: &App, handle: &str, fields: &[(String, String)]) -> Result<Response, Message> {
    let gone = || message(app, StatusCode::NOT_FOUND, "gone");
    let page = app.sessions.hub_page(handle).await.map_err(|error| failed(app, &error))?.ok_or_else(gone)?;
    let brand = app.sessions.config.brand(&page.claims.brand).ok_or_else(gone)?;
    app.sessions.count_hub(&page.claims).map_err(|error| unshown(app, brand, &error))?;
    let unclear = |_| message(app, StatusCode::BAD_REQUEST, "unclear");
    let posted = Posted::from_form(fields).map_err(unclear)?;
    let acted = app.sessions.act_in_hub(&page.claims, brand, posted).await;
    let screen = acted.map_err(|error| unshown(app, brand, &error))?;
    app.sessions.turn_hub_page(&page, &screen).await.map_err(|error| failed(app, &error))?;
    see(app, &format!("/c/{}", page.handle))
}

/// The hub as the page has it. Where the subscription that it is about is gone, it is the hub alone.
async fn draw(app: &App, page: &HubPage, brand: &Brand) -> Result<Overview, SessionError> {
    let HubPage { handle, claims, screen } = page;
    let surface = Surface::Page { handle };
    match app.sessions.overview(claims, brand, screen, surface).await {
        Err(SessionError::Billing(LookupError::UnknownSubscription)) if screen.is_of_subscription() => {
            app.sessions.overview(claims, brand, &Screen::HOME, surface).await
        }
        shown => shown,
    }
}

/// What the customer is told where the hub cannot be shown.
fn unshown(app: &App, brand: &Brand, error: &SessionError) -> Message {
    let told = match error {
        SessionError::Billing(error) if !matches!(error, LookupError::Unavailable(_)) => {
            tracing::warn!(why = error.name(), "a hub cannot be shown");
            Message::new(StatusCode::CONFLICT, "settled")
        }
        SessionError::TooOften(_) => Message::new(StatusCode::TOO_MANY_REQUESTS, "often"),
        error => failed(app, error),
    };
    told.with_email(brand.support_email.as_ref())
}

fn document(hub: &Overview, brand: &Brand) -> Document {
    let mut body = String::from("<main>\n<h1 class=\"brand\">");
    html::text(&mut body, &brand.name);
    body.push_str("</h1>\n");
    body.push_str(&html::element(&hub.drawing, &Format::new(&hub.locale, &brand.time_zone)));
    body.push_str("\n</main>");
    Document {
        status: StatusCode::OK,
        rtl: locale::is_rtl(&hub.locale),
        lang: hub.locale.clone(),
        title: format!("{} · {}", hub.title, brand.name),
        body,
        theme: Asset::theme(brand).map(|theme| theme.path),
        script: None,
        leads_to: Vec::new(),
    }
}
