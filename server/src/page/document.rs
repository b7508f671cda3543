use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::asset::STYLE;
use super::widget::Widget;
use crate::html;

/// A whole HTML page, with the headers that keep it to itself.
#[derive(Clone, Debug)]
pub struct Document {
    /// The status.
    pub status: StatusCode,
    /// BCP 47 tag of the page's language.
    pub lang: String,
    /// Whether it is written from right to left.
    pub rtl: bool,
    /// The page's title.
    pub title: String,
    /// What goes into `<body>`, as HTML.
    pub body: String,
    /// Path of a stylesheet of this server on top of the usual one: how the brand looks, or a page of another kind.
    pub theme: Option<String>,
    /// What it runs.
    pub script: Option<Script>,
    /// Origins that a form of this page may lead to, besides this server's.
    pub leads_to: Vec<String>,
}

/// A script of a page.
#[derive(Clone, Copy, Debug)]
pub enum Script {
    /// One of this server, at this path.
    Own(&'static str),
    /// The widget, which takes the place of the plain form.
    Widget(&'static Widget),
    /// The package's script tag, which stands in the body as a merchant has it.
    Tag,
}

impl Document {
    fn html(&self) -> String {
        let mut page = String::from("<!doctype html>\n<html lang=\"");
        html::text(&mut page, &self.lang);
        page.push_str(if self.rtl { "\" dir=\"rtl\">" } else { "\" dir=\"ltr\">" });
        page.push_str("\n<head>\n<meta charset=\"utf-8\">\n<title>");
        html::text(&mut page, &self.title);
        page.push_str(concat!(
            "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
            "<meta name=\"robots\" content=\"noindex\">\n<link rel=\"stylesheet\" href=\"",
        ));
        page.push_str(&STYLE.path);
        page.push_str("\">\n");
        if let Some(path) = &self.theme {
            page.push_str("<link rel=\"stylesheet\" href=\"");
            html::text(&mut page, path);
            page.push_str("\">\n");
        }
        match self.script {
            Some(Script::Own(path)) => {
                page.push_str(&format!("<script src=\"{path}\" defer></script>\n"));
            }
            Some(Script::Widget(Widget { engine, opening, script })) => {
                for asset in [engine, opening] {
                    page.push_str(&format!("<link rel=\"modulepreload\" href=\"{}\">\n", asset.path));
                }
                page.push_str(&format!("<script type=\"module\" src=\"{}\"></script>\n", script.path));
            }
            Some(Script::Tag) | None => {}
        }
        page.push_str("</head>\n<body>\n");
        page.push_str(&self.body);
        page.push_str("\n</body>\n</html>\n");
        page
    }

    /// What this page may load and where its forms may go. Browsers also look at `form-action` when a form's answer is a
    /// redirect, so the way back to the merchant has to be in it: <https://github.com/w3c/webappsec-csp/issues/8>
    fn policy(&self) -> String {
        let leads_to: String = self.leads_to.iter().map(|origin| format!(" {origin}")).collect();
        let script = match self.script {
            Some(Script::Widget(_) | Script::Tag) => {
                "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
            }
            _ => "script-src 'self'",
        };
        format!(
            "default-src 'none'; style-src 'self'; {script}; form-action 'self'{leads_to}; base-uri 'none'; \
             frame-ancestors 'none'"
        )
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.html()).into_response();
        let headers = response.headers_mut();
        let fixed = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_FRAME_OPTIONS, "DENY"),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
        let policy = HeaderValue::from_str(&self.policy());
        let strictest = HeaderValue::from_static("default-src 'none'; style-src 'self'; form-action 'self'");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or(strictest));
        response
    }
}

/// The origin of an address, as a content security policy names it.
#[must_use]
pub fn origin_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}
