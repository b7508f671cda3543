use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Document;
use super::document::Script;
use crate::html;
use crate::http::language::accepted;
use crate::http::openapi::tag;
use crate::locale;

/// Where the script of the opening page is.
pub const SCRIPT: &str = "/c/open.js";

/// `GET /c`: takes the session id out of the address's fragment, and posts it.
#[utoipa::path(
    get,
    path = "/c",
    operation_id = "openPage",
    tag = tag::HOSTED,
    description = "For a link: `/c#ret_…`. The id is in the fragment, so that no log has it.",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
pub async fn page(headers: HeaderMap) -> Document {
    let pack = accepted(&headers);
    let mut body = String::from("<main class=\"message\">\n<h1 data-opening>");
    html::text(&mut body, pack.page("opening_title"));
    body.push_str("</h1>\n<p data-opening>");
    html::text(&mut body, pack.page("opening_text"));
    body.push_str("</p>\n<p data-empty hidden>");
    html::text(&mut body, pack.page("missing_text"));
    body.push_str("</p>\n<noscript><p>");
    html::text(&mut body, pack.page("opening_noscript"));
    body.push_str("</p></noscript>\n");
    body.push_str(
        "<form method=\"post\" action=\"/c\" hidden><input type=\"hidden\" name=\"session\"></form>\n</main>",
    );
    Document {
        status: StatusCode::OK,
        lang: pack.language().into(),
        rtl: locale::is_rtl(pack.language()),
        title: pack.page("opening_title").into(),
        body,
        theme: None,
        script: Some(Script::Own(SCRIPT)),
        leads_to: Vec::new(),
    }
}

/// `GET /c/open.js`.
pub async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, include_str!("open.js")).into_response()
}
