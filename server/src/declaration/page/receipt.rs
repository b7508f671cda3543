use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::Element;

use super::paper::{Paper, list};
use crate::brand::Brand;
use crate::declaration::summary::{fill, lines, text};
use crate::declaration::{Declaration, Kind};
use crate::locale::Pack;
use crate::page::Document;

fn title(declaration: &Declaration) -> &'static str {
    Pack::of(&declaration.locale).page(match declaration.kind {
        Kind::Cancel => "declaration_receipt_cancel",
        Kind::Withdraw => "declaration_receipt_withdraw",
    })
}

/// What has arrived and when. It says nothing of what became of it: whoever typed it may be a stranger.
pub(super) fn page(declaration: &Declaration, brand: &Brand, path: &str) -> Document {
    let words = Pack::of(&declaration.locale);
    let values = [("brand", brand.name.as_str()), ("email", declaration.content.email.as_str())];
    let say = |key| fill(words.page(key), &values);
    let title = title(declaration);
    let mut paper = Element::new("div", "step declaration receipt");
    paper.add("h1", "").text(title);
    let lead = if declaration.mailed { "declaration_receipt_lead" } else { "declaration_receipt_not_mailed" };
    paper.add("p", "lead").text(&say(lead));
    list(&mut paper, &lines(declaration, brand));
    paper.add("p", "hint").text(&say("declaration_receipt_keep"));
    let actions = paper.add("div", "actions");
    let save = actions.add("a", "plain");
    save.set("href", &format!("{path}/receipt.txt")).set("download", "").text(&say("declaration_save"));
    Paper { brand, words, status: StatusCode::OK, title: title.into() }.with(&paper)
}

/// The same as a text to keep.
pub(super) fn file(declaration: &Declaration, brand: &Brand) -> Response {
    let body = format!("{}\n\n{}", title(declaration), text(&lines(declaration, brand)));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    let name = format!("attachment; filename=\"{}.txt\"", declaration.reference);
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, name);
    response
}
