use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Document;
use crate::html;
use crate::locale::{self, Pack};

/// A small page that says one thing, and where a person answers.
#[derive(Clone, Debug)]
pub struct Message {
    /// The status.
    pub status: StatusCode,
    /// What it is about: a key of the page's words, without `_title` and `_text`.
    pub about: &'static str,
    /// BCP 47 tag of its language, where that is known better than by what the browser says.
    pub lang: Option<String>,
    /// Where a person answers.
    pub support_email: Option<String>,
}

impl Message {
    /// A message. It is said in English, unless `http::language` knows better.
    #[must_use]
    pub fn new(status: StatusCode, about: &'static str) -> Self {
        Self { status, about, lang: None, support_email: None }
    }

    /// The message in the language of a BCP 47 tag, or in English.
    #[must_use]
    pub fn in_language(mut self, tag: &str) -> Self {
        self.lang = Some(tag.into());
        self
    }

    /// The message with an address to write to.
    #[must_use]
    pub fn with_email(mut self, email: Option<&String>) -> Self {
        self.support_email = email.cloned();
        self
    }

    /// The message as a page in a language.
    #[must_use]
    pub fn say(&self, pack: &Pack) -> Response {
        let (title, said) = (format!("{}_title", self.about), format!("{}_text", self.about));
        let title = pack.page(&title).to_owned();
        let mut body = String::from("<main class=\"message\">\n<h1>");
        html::text(&mut body, &title);
        body.push_str("</h1>\n<p>");
        html::text(&mut body, pack.page(&said));
        body.push_str("</p>\n");
        if let Some(email) = &self.support_email {
            body.push_str("<p>");
            html::text(&mut body, pack.page("write_to"));
            body.push_str(" <a dir=\"ltr\" href=\"mailto:");
            html::text(&mut body, email);
            body.push_str("\">");
            html::text(&mut body, email);
            body.push_str("</a></p>\n");
        }
        body.push_str("</main>");
        let document = Document {
            status: self.status,
            lang: pack.language().into(),
            rtl: locale::is_rtl(pack.language()),
            title,
            body,
            theme: None,
            script: None,
            leads_to: Vec::new(),
        };
        document.into_response()
    }
}

impl IntoResponse for Message {
    fn into_response(self) -> Response {
        if let Some(lang) = &self.lang {
            return self.say(Pack::of(lang));
        }
        let mut response = self.say(Pack::of("en"));
        response.extensions_mut().insert(self);
        response
    }
}

/// The page at the server's bare address.
#[must_use]
pub fn home() -> Message {
    Message::new(StatusCode::OK, "home")
}

/// The page where there is none.
#[must_use]
pub fn missing() -> Message {
    Message::new(StatusCode::NOT_FOUND, "missing")
}
