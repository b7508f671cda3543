//! The subscription hub as a page, for customers without JavaScript and for links that lead here.

use axum::http::StatusCode;

use super::handlers::{failed, message};
use super::{Asset, Document, Message};
use crate::billing::LookupError;
use crate::format::Format;
use crate::html;
use crate::http::App;
use crate::locale;
use crate::session::SessionError;

/// What `POST /c` answers to a session id of the hub. Its forms lead to `POST /c` again, with a session of the flow.
pub async fn page(app: &App, id: &str) -> Result<Document, Message> {
    let (claims, brand) =
        app.sessions.read_hub(id).map_err(|_| message(app, StatusCode::UNAUTHORIZED, "gone"))?;
    let shown = app.sessions.overview(&claims, &brand).await.map_err(|error| match error {
        SessionError::Billing(error) if !matches!(error, LookupError::Unavailable(_)) => {
            tracing::warn!(why = error.name(), "a hub cannot be shown");
            Message::new(StatusCode::CONFLICT, "settled")
        }
        error => failed(app, &error),
    });
    let hub = shown.map_err(|message| message.with_email(brand.support_email.as_ref()))?;
    let mut body = String::from("<main>\n<h1 class=\"brand\">");
    html::text(&mut body, &brand.name);
    body.push_str("</h1>\n");
    body.push_str(&html::element(&hub.drawing, &Format::new(&hub.locale, &brand.time_zone)));
    body.push_str("\n</main>");
    Ok(Document {
        status: StatusCode::OK,
        rtl: locale::is_rtl(&hub.locale),
        lang: hub.locale,
        title: format!("{} · {}", hub.title, brand.name),
        body,
        theme: Asset::theme(&brand).map(|theme| theme.path),
        script: None,
        leads_to: Vec::new(),
    })
}
