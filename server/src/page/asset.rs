//! The files that hosted pages load. Their names hold a hash of their content, so browsers may keep them for good.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::brand::Brand;

const CSS: &str = "text/css; charset=utf-8";

/// A file of the hosted pages.
#[derive(Debug)]
pub struct Asset {
    /// Where it is.
    pub path: String,
    content: Bytes,
    media_type: &'static str,
}

/// The stylesheet: the flow's own, and how a page frames it.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", CSS, &[flow::STYLE, include_str!("page.css")]));

impl Asset {
    fn new(name: &str, extension: &str, media_type: &'static str, parts: &[&str]) -> Self {
        let content = parts.join("\n");
        let hash = Sha256::digest(content.as_bytes());
        let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { path: format!("/c/{name}.{hash}.{extension}"), content: content.into(), media_type }
    }

    /// The stylesheet of a brand's theme, if it has one of its own.
    #[must_use]
    pub fn theme(brand: &Brand) -> Option<Self> {
        let css = brand.theme.stylesheet(":root")?;
        Some(Self::new(&format!("theme.{}", brand.slug), "css", CSS, &[&css]))
    }

    /// The file, to be kept for a year.
    #[must_use]
    pub fn answer(&self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.media_type),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ];
        (headers, self.content.clone()).into_response()
    }
}
