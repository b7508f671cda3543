//! The scripts of the npm package, for hosted pages and for merchants who load them by a script tag.
//!
//! They stand at an address that holds a hash of all of them, because they import each other by their own names, and may be kept
//! for good. Who does not want to change an address with every version takes the alias of the major version, which leads there.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::asset::{Asset, PackageScript, hash};
use crate::http::App;

/// None where the server was built before the package.
static SCRIPTS: &[PackageScript] = &include!(concat!(env!("OUT_DIR"), "/scripts.rs"));

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let version = hash(SCRIPTS.iter().map(|script| script.content));
    SCRIPTS.iter().map(|script| Asset::of_package(script, &version)).collect()
});

/// Where the script of a script tag, and the first that it imports, are found whatever the version, as long as it is compatible.
const ALIAS: &str = concat!("/js/v", env!("CARGO_PKG_VERSION_MAJOR"));

/// A script of the package by its file's name.
#[must_use]
pub fn script(name: &str) -> Option<&'static Asset> {
    SCRIPTS.iter().zip(ASSETS.iter()).find(|(script, _)| script.name == name).map(|(_, asset)| asset)
}

/// The routes of all scripts; none where there are none.
pub fn router() -> Router<App> {
    let router = ASSETS.iter().fold(Router::new(), |router, asset| {
        router.route(&asset.path, get(async |request: HeaderMap| open_to_all(asset.answer_to(&request))))
    });
    ["embed.js", "opening.js"].into_iter().fold(router, |router, name| match script(name) {
        Some(asset) => {
            router.route(&format!("{ALIAS}/{name}"), get(async || open_to_all(alias(&asset.path))))
        }
        None => router,
    })
}

/// Leads to this version's script. Looked at again after some minutes, so that a new version arrives.
fn alias(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    let kept = HeaderValue::from_static("public, max-age=300");
    (StatusCode::FOUND, [(header::LOCATION, location), (header::CACHE_CONTROL, kept)]).into_response()
}

/// Modules, and scripts with `integrity`, are asked for with CORS. There is nothing in them that is not for everybody.
fn open_to_all(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
