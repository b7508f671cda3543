use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::brand::Brand;
use crate::declaration::language;
use crate::http::App;
use crate::locale::Pack;
use crate::page::Message;

/// Somebody at a page of a brand, and the language they are spoken to in.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) brand: Arc<Brand>,
    /// BCP 47 tag: language and country.
    pub(super) locale: String,
    /// The last part of the address, where it is a token.
    pub(super) token: String,
}

impl Visit {
    pub(super) fn words(&self) -> &'static Pack {
        Pack::of(&self.locale)
    }

    /// A small page about what went wrong.
    pub(super) fn message(&self, status: StatusCode, about: &'static str) -> Message {
        Message::new(status, about).in_language(&self.locale).with_email(self.brand.support_email.as_ref())
    }

    /// The page where there is none.
    pub(super) fn missing(&self) -> Message {
        self.message(StatusCode::NOT_FOUND, "declaration_missing")
    }

    /// The server's own fault. What it was goes into the log.
    pub(super) fn failed(&self, error: &dyn std::fmt::Display) -> Message {
        tracing::error!(%error, "a public page failed");
        self.message(StatusCode::INTERNAL_SERVER_ERROR, "declaration_failed")
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Message;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Message> {
        let params = RawPathParams::from_request_parts(parts, app).await;
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let asked = url::form_urlencoded::parse(query).find(|(name, _)| name == "lang");
        let asked = asked.map(|(_, tag)| tag.into_owned());
        let config = &app.sessions.config;
        let missing = || {
            let locale = language::choose(asked.as_deref(), &parts.headers, "en");
            let message = Message::new(StatusCode::NOT_FOUND, "declaration_missing");
            message.in_language(&locale).with_email(config.common_support_email())
        };
        // What is not a text is nobody's.
        let params = params.map_err(|_| missing())?;
        let param = |wanted: &str| params.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
        let brand = param("slug").and_then(|slug| config.brand(slug)).ok_or_else(missing)?;
        Ok(Self {
            locale: language::choose(asked.as_deref(), &parts.headers, &brand.locale),
            brand: brand.clone(),
            token: param("token").unwrap_or_default().into(),
        })
    }
}
