use axum::http::StatusCode;
use flow::Element;

use crate::brand::Brand;
use crate::declaration::summary::Line;
use crate::format::Format;
use crate::html;
use crate::locale::{Pack, is_rtl};
use crate::page::{Asset, Document};

/// A page of a brand that holds one form or one text.
pub(super) struct Paper<'a> {
    pub(super) brand: &'a Brand,
    pub(super) words: &'static Pack,
    pub(super) status: StatusCode,
    pub(super) title: String,
}

impl Paper<'_> {
    /// The whole document. `content` is what stands below the brand's name.
    pub(super) fn with(self, content: &Element) -> Document {
        let mut main = Element::new("main", "");
        main.add("p", "brand").text(&self.brand.name);
        main.children.push(flow::Node::Element(content.clone()));
        let lang = self.words.language();
        Document {
            status: self.status,
            lang: lang.into(),
            rtl: is_rtl(lang),
            title: format!("{} · {}", self.title, self.brand.name),
            body: html::element(&main, &Format::new(lang, &self.brand.time_zone)),
            theme: Asset::theme(self.brand).map(|theme| theme.path),
            script: None,
            leads_to: Vec::new(),
        }
    }
}

/// Appends what a declaration says as a list.
pub(super) fn list(to: &mut Element, lines: &[Line]) {
    let list = to.add("dl", "");
    for Line { label, value } in lines {
        let line = list.add("div", "");
        line.add("dt", "").text(label);
        line.add("dd", "").set("dir", "auto").text(value);
    }
}
