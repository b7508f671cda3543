//! The two files that hosted pages load. Their names hold a hash of their content, so browsers may keep them for good.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// A file of the hosted pages.
#[derive(Debug)]
pub struct Asset {
    /// Where it is.
    pub path: String,
    content: String,
    media_type: &'static str,
}

/// The stylesheet: the flow's own, and how a page frames it.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "style",
        "css",
        "text/css; charset=utf-8",
        &[flow::STYLE, include_str!("page.css"), include_str!("../declaration/page/declaration.css")],
    )
});

impl Asset {
    fn new(name: &str, extension: &str, media_type: &'static str, parts: &[&str]) -> Self {
        let content = parts.join("\n");
        let hash = Sha256::digest(content.as_bytes());
        let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { path: format!("/c/{name}.{hash}.{extension}"), content, media_type }
    }

    /// The file, to be kept for a year.
    #[must_use]
    pub fn answer(&'static self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.media_type),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ];
        (headers, self.content.as_str()).into_response()
    }
}
