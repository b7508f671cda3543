//! The scripts of the npm package, for hosted pages and for merchants who load them by a script tag.
//!
//! They stand at an address that holds a hash of all of them, because they import each other by their own names, and may be kept
//! for good. Who does not want to change an address with every version takes the alias of the major version, which leads there.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asset::{Asset, PackageScript, hash};
use crate::http::App;
use crate::http::openapi::tag;

/// None where the server was built before the package.
static SCRIPTS: &[PackageScript] = &include!(concat!(env!("OUT_DIR"), "/scripts.rs"));

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let version = hash(SCRIPTS.iter().map(|script| script.content));
    SCRIPTS.iter().map(|script| Asset::of_package(script, &version)).collect()
});

/// Where the script of a script tag, and the first that it imports, are found whatever the version, as long as it is compatible.
const EMBED: &str = concat!("/js/v", env!("CARGO_PKG_VERSION_MAJOR"), "/embed.js");
const OPENING: &str = concat!("/js/v", env!("CARGO_PKG_VERSION_MAJOR"), "/opening.js");

/// A script of the package by its file's name.
#[must_use]
pub fn script(name: &str) -> Option<&'static Asset> {
    SCRIPTS.iter().zip(ASSETS.iter()).find(|(script, _)| script.name == name).map(|(_, asset)| asset)
}

/// The routes of all scripts; none where there are none.
pub fn router() -> OpenApiRouter<App> {
    let router = ASSETS.iter().fold(OpenApiRouter::new(), |router, asset| {
        router.route(&asset.path, get(async |request: HeaderMap| open_to_all(asset.answer_to(&request))))
    });
    if SCRIPTS.is_empty() { router } else { router.routes(routes!(embed)).routes(routes!(opening)) }
}

/// Leads to the script of a script tag, whatever its version, as long as it is compatible.
#[utoipa::path(
    get,
    path = EMBED,
    operation_id = "getEmbed",
    tag = tag::BROWSER,
    description = "At `/js/{hash}/` stand `embed.js`, `opening.js` and `engine.js`, for everybody's pages, to be kept for a year. \
        Only on a server that was built with the package.",
    responses((status = 302, description = "Leads to `/js/{hash}/embed.js`, which may be kept for a year.")),
)]
async fn embed() -> Response {
    open_to_all(alias("embed.js"))
}

/// Leads to what `embed.js` imports first.
#[utoipa::path(
    get,
    path = OPENING,
    operation_id = "getOpening",
    tag = tag::BROWSER,
    responses((status = 302, description = "Leads to `/js/{hash}/opening.js`, which may be kept for a year.")),
)]
async fn opening() -> Response {
    open_to_all(alias("opening.js"))
}

/// Leads to this version's script. Looked at again after some minutes, so that a new version arrives.
fn alias(name: &str) -> Response {
    let location = script(name).and_then(|asset| HeaderValue::from_str(&asset.path).ok());
    let location = location.unwrap_or(HeaderValue::from_static("/"));
    let kept = HeaderValue::from_static("public, max-age=300");
    (StatusCode::FOUND, [(header::LOCATION, location), (header::CACHE_CONTROL, kept)]).into_response()
}

/// Modules, and scripts with `integrity`, are asked for with CORS. There is nothing in them that is not for everybody.
fn open_to_all(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
