//! The files that hosted pages load. Their names hold a hash of their content, so browsers may keep them for good.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::brand::Brand;

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the hosted pages.
#[derive(Debug)]
pub struct Asset {
    /// Where it is.
    pub path: String,
    content: Bytes,
    media_type: &'static str,
    /// The same compressed, under the names that `Accept-Encoding` has for it. The first is the best.
    compressed: [Option<(&'static str, &'static [u8])>; 2],
}

/// The stylesheet: the flow's own, how a page frames it, and receipts.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let parts = [
        flow::STYLE,
        flow::HUB_STYLE,
        include_str!("page.css"),
        include_str!("receipt.css"),
        include_str!("../declaration/page/declaration.css"),
    ];
    Asset::new("style", "css", CSS, &parts)
});

/// A short name for exactly this content.
pub(super) fn hash<'a>(parts: impl Iterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A script of the npm package, and what it is compressed. `build.rs` writes them.
#[derive(Debug)]
pub struct PackageScript {
    /// The file's name in the package.
    pub name: &'static str,
    /// The file, without the address of its map.
    pub content: &'static [u8],
    /// The same as brotli.
    pub brotli: &'static [u8],
    /// The same as gzip.
    pub gzip: &'static [u8],
}

impl Asset {
    fn new(name: &str, extension: &str, media_type: &'static str, parts: &[&str]) -> Self {
        let content = parts.join("\n");
        let hash = hash([content.as_bytes()].into_iter());
        let path = format!("/c/{name}.{hash}.{extension}");
        Self { path, content: content.into(), media_type, compressed: [None; 2] }
    }

    /// The stylesheet of a brand's theme, if it has one of its own.
    #[must_use]
    pub fn theme(brand: &Brand) -> Option<Self> {
        let css = brand.theme.stylesheet(":root")?;
        Some(Self::new(&format!("theme.{}", brand.slug), "css", CSS, &[&css]))
    }

    /// A stylesheet of the server's own.
    #[must_use]
    pub fn style(name: &str, content: &str) -> Self {
        Self::new(name, "css", CSS, &[content])
    }

    /// A script of the server's own.
    #[must_use]
    pub fn script(name: &str, content: &str) -> Self {
        Self::new(name, "js", JAVASCRIPT, &[content])
    }

    /// A script of the package, under the name of its version.
    #[must_use]
    pub fn of_package(script: &PackageScript, version: &str) -> Self {
        Self {
            path: format!("/js/{version}/{}", script.name),
            content: Bytes::from_static(script.content),
            media_type: JAVASCRIPT,
            compressed: [Some(("br", script.brotli)), Some(("gzip", script.gzip))],
        }
    }

    /// The file, to be kept for a year.
    #[must_use]
    pub fn answer(&self) -> Response {
        self.answer_to(&HeaderMap::new())
    }

    /// The file, to be kept for a year, compressed if the request takes it.
    #[must_use]
    pub fn answer_to(&self, request: &HeaderMap) -> Response {
        let mut compressed = self.compressed.iter().flatten();
        let taken = compressed.find(|(encoding, _)| takes(request, encoding));
        let mut response = match taken {
            Some((_, content)) => Bytes::from_static(content).into_response(),
            None => self.content.clone().into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        if let Some((encoding, _)) = taken {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if self.compressed[0].is_some() {
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }
}

/// Whether a request takes this encoding: it names it, or else `*`, and does not weigh it with 0.
fn takes(request: &HeaderMap, encoding: &str) -> bool {
    let listed = || {
        let lists =
            request.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|list| list.to_str().ok());
        lists.flat_map(|list| list.split(','))
    };
    let weight = |wanted: &str| {
        listed().find_map(|one| {
            let (name, parameter) = one.split_once(';').unwrap_or((one, "q=1"));
            let weight =
                parameter.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=').parse::<f32>();
            name.trim().eq_ignore_ascii_case(wanted).then(|| weight.unwrap_or(0.0))
        })
    };
    weight(encoding).or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_encoding_that_a_request_takes_is_chosen() {
        let script = PackageScript { name: "test.js", content: b"plain", brotli: b"best", gzip: b"good" };
        let script = Asset::of_package(&script, "0");
        for (accepted, expected) in [
            (&[][..], None),
            (&[""], None),
            (&["gzip, deflate, br, zstd"], Some("br")),
            (&["gzip"], Some("gzip")),
            (&["deflate", "GZIP"], Some("gzip")),
            (&["br;q=0, gzip;q=0.5"], Some("gzip")),
            (&["br; q=0.001"], Some("br")),
            (&["*"], Some("br")),
            (&["br;q=0, *"], Some("gzip")),
            (&["identity, *;q=0"], None),
            (&["br;q=much"], None),
            (&["brotli, x-gzip"], None),
        ] {
            let mut request = HeaderMap::new();
            for list in accepted {
                request.append(header::ACCEPT_ENCODING, HeaderValue::from_static(list));
            }
            let answer = script.answer_to(&request);
            let encoding = answer.headers().get(header::CONTENT_ENCODING).map(|name| name.to_str().unwrap());
            assert_eq!(encoding, expected, "{accepted:?}");
            assert_eq!(answer.headers()[header::VARY], "accept-encoding");
        }
    }
}
