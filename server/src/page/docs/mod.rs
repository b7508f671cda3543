//! The documentation as pages of the server, where the configuration asks for it: the package's README with this server's own
//! address in its samples and the widget live on it, and what a backend has to do.

mod api;
mod guide;
mod kind;
mod markdown;

use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::asset::Asset;
use super::document::Script;
use super::{Document, package};
use crate::billing::Lookup;
use crate::brand::Brand;
use crate::config::Config;
use crate::html;
use crate::http::App;
use crate::http::openapi::{self, tag};
use crate::locale::Pack;
use crate::session::{Environment, NewSession};
use guide::Guide;
use markdown::{Drawn, Heading};

static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::style("docs", include_str!("docs.css")));
/// What the part to try does, where there is the widget.
static TRY: LazyLock<Asset> = LazyLock::new(|| Asset::script("try", include_str!("try.js")));

/// Ids of the page's own parts, which no heading gets.
const TAKEN: [&str; 3] = ["try-it", "cancel", "on-this-page"];

/// How often a page comes with a button: so many at once, and then one each so many seconds. Looking stores nothing, but every
/// button can be pressed, and a session that is opened is stored. This bounds what strangers can put into the database.
const BUTTONS_AT_ONCE: NonZeroU32 = NonZeroU32::new(120).unwrap();
const SECONDS_TO_ONE_MORE: Duration = Duration::from_secs(5);

/// The guides, drawn, and the button on one of them.
struct Live {
    page: Drawn,
    backend: Document,
    api: OnceLock<Document>,
    brand: Arc<Brand>,
    buttons: DefaultDirectRateLimiter,
}

/// The routes of the documentation; none where the configuration does not ask for it.
pub fn router(config: &Config) -> OpenApiRouter<App> {
    let Some(brand) = config.docs.clone() else { return OpenApiRouter::new() };
    let draw = |guide: &Guide| markdown::draw(guide, &guide.markdown(&config.server.public_url), &TAKEN);
    let quota = Quota::with_period(SECONDS_TO_ONE_MORE).unwrap_or(Quota::per_minute(NonZeroU32::MIN));
    let buttons = RateLimiter::direct(quota.allow_burst(BUTTONS_AT_ONCE));
    let backend = document(&guide::BACKEND, &draw(&guide::BACKEND), "", None);
    let live = Arc::new(Live { page: draw(&guide::PACKAGE), backend, api: OnceLock::new(), brand, buttons });
    let pages = OpenApiRouter::new()
        .routes(routes!(package_guide))
        .routes(routes!(backend_guide))
        .routes(routes!(api_guide));
    openapi::dressed(pages, |pages| pages.layer(Extension(live)))
}

/// The routes of what those pages load.
pub fn assets(config: &Config) -> OpenApiRouter<App> {
    if config.docs.is_none() {
        return OpenApiRouter::new();
    }
    OpenApiRouter::new()
        .route(&STYLE.path, get(async || STYLE.answer()))
        .route(&TRY.path, get(async || TRY.answer()))
}

/// `GET /docs`: what a page has to do, with a button to try.
#[utoipa::path(
    get,
    path = guide::PACKAGE.address,
    operation_id = "showGuide",
    tag = tag::SERVER,
    responses((status = 200, description = "The guide.", body = String, content_type = "text/html")),
)]
async fn package_guide(State(app): State<App>, Extension(live): Extension<Arc<Live>>) -> Document {
    live.document(&app).await
}

/// `GET /docs/backend`: what a backend has to do.
#[utoipa::path(
    get,
    path = guide::BACKEND.address,
    operation_id = "showBackendGuide",
    tag = tag::SERVER,
    responses((status = 200, description = "The guide.", body = String, content_type = "text/html")),
)]
async fn backend_guide(Extension(live): Extension<Arc<Live>>) -> Document {
    live.backend.clone()
}

/// `GET /docs/api`: this document, to be read.
#[utoipa::path(
    get,
    path = guide::API.address,
    operation_id = "showApiGuide",
    tag = tag::SERVER,
    responses((status = 200, description = "The guide.", body = String, content_type = "text/html")),
)]
async fn api_guide(
    Extension(live): Extension<Arc<Live>>,
    Extension(served): Extension<Arc<openapi::Served>>,
) -> Document {
    let draw = || markdown::draw(&guide::API, &api::markdown(&served.document()), &TAKEN);
    live.api.get_or_init(|| document(&guide::API, &draw(), "", None)).clone()
}

impl Live {
    async fn document(&self, app: &App) -> Document {
        let embed = package::script("embed.js");
        let part = match self.session(app).await {
            Some((id, label)) => button(&id, &label, embed, &app.sessions.config.server.public_url),
            None => "<p>Too many have tried it just now. Load this page again in a minute.</p>\n".into(),
        };
        let part =
            format!("<section class=\"try\" aria-labelledby=\"try-it\">\n{INVITATION}{part}</section>\n");
        let server = &app.sessions.config.server;
        // The button's form is led on to where customers' pages are.
        let leads_to = server.cancel_url.iter().cloned().collect();
        Document { leads_to, ..document(&guide::PACKAGE, &self.page, &part, embed.map(|_| Script::Tag)) }
    }

    /// A session id for this visitor alone, and what the button says. Sealed into the page: nothing is stored.
    async fn session(&self, app: &App) -> Option<(String, String)> {
        self.buttons.check().ok()?;
        let new = NewSession {
            // One of their own, so that what others took is not in their way.
            lookup: Lookup { customer: Some(Uuid::new_v4().to_string()), ..Lookup::default() },
            environment: Environment::Sandbox,
            ..NewSession::default()
        };
        let created = app.sessions.create(&self.brand, new).await;
        let created = created.inspect_err(|error| tracing::error!(%error, "the documentation has no button"));
        let created = created.ok()?;
        let label = Pack::of(&created.locale).button(&created.policy, self.brand.own_words(&created.locale));
        Some((created.id, label.to_owned()))
    }
}

const INVITATION: &str = "<h2 id=\"try-it\">Try it</h2>\n<p>This button is live, from this very server. It belongs to a \
     subscription that there is none of: press whatever you like.</p>\n";

/// The button as the README has it: a form that a script takes over.
fn button(session: &str, label: &str, embed: Option<&Asset>, public_url: &str) -> String {
    let mut part = String::from(
        "<form id=\"cancel\" method=\"post\" action=\"/c\">\n<input type=\"hidden\" name=\"session\" value=\"",
    );
    html::text(&mut part, session);
    part.push_str("\">\n<button data-farewell>");
    html::text(&mut part, label);
    part.push_str("</button>\n</form>\n");
    if let Some(embed) = embed {
        part.push_str(
            "<p class=\"elsewhere\" hidden>The button works where this server is at home: <a href=\"",
        );
        html::text(&mut part, public_url);
        html::text(&mut part, guide::PACKAGE.address);
        part.push_str("\">");
        html::text(&mut part, public_url);
        part.push_str("</a>.</p>\n");
        part.push_str("<div class=\"told\" hidden>\n<p>What the page was told:</p>\n");
        part.push_str(
            "<pre tabindex=\"0\" role=\"log\" aria-label=\"What the page was told\"></pre>\n</div>\n",
        );
        part.push_str(&format!("<script src=\"{}\" defer></script>\n", TRY.path));
        // The fragment stays free for headings.
        part.push_str(&format!("<script async src=\"{}\" data-session=\"", embed.path));
        html::text(&mut part, session);
        part.push_str("\" data-mount=\"cancel\" data-fragment=\"false\"></script>\n");
    }
    part
}

/// A guide's page, with a part of its own before the contents.
fn document(guide: &Guide, drawn: &Drawn, part: &str, script: Option<Script>) -> Document {
    let mut body = String::from("<header>\n<p>Farewell</p>\n<nav aria-label=\"Documentation\">\n");
    for other in guide::ALL {
        let here = if other.address == guide.address { " aria-current=\"page\"" } else { "" };
        body.push_str(&format!("<a href=\"{}\"{here}>{}</a>\n", other.address, other.name));
    }
    let class = if guide.address == guide::API.address { " class=\"api\"" } else { "" };
    body.push_str(&format!("</nav>\n</header>\n<main{class}>\n<div class=\"lead\">\n<h1>"));
    html::text(&mut body, &drawn.title);
    body.push_str("</h1>\n");
    body.push_str(&drawn.lead);
    body.push_str("</div>\n");
    body.push_str(part);
    contents(&mut body, &drawn.contents);
    body.push_str("<div class=\"text\">\n");
    body.push_str(&drawn.sections);
    body.push_str("</div>\n</main>");
    Document {
        status: StatusCode::OK,
        lang: "en".into(),
        rtl: false,
        title: format!("{} · Farewell", drawn.title),
        body,
        theme: Some(STYLE.path.clone()),
        script,
        leads_to: Vec::new(),
    }
}

/// The sections and what is right below them.
fn contents(body: &mut String, headings: &[Heading]) {
    body.push_str("<nav class=\"contents\" aria-labelledby=\"on-this-page\">\n<h2 id=\"on-this-page\">On this page</h2>\n<ul>\n");
    for heading in headings.iter().filter(|heading| heading.level <= 3) {
        let class = if heading.level == 3 { " class=\"below\"" } else { "" };
        body.push_str(&format!("<li{class}><a href=\"#"));
        html::text(body, &heading.id);
        body.push_str("\">");
        html::text(body, &heading.text);
        body.push_str("</a></li>\n");
    }
    body.push_str("</ul>\n</nav>\n");
}
