//! The widget on a hosted page: its engine, and the script that puts it in the place of the plain form.

use std::sync::LazyLock;

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use super::asset::Asset;
use super::package;
use crate::html;
use crate::http::App;
use crate::session::{Sessions, Stored};

/// What a page with the widget loads.
#[derive(Debug)]
pub struct Widget {
    /// The engine's chunk of the npm package.
    pub engine: &'static Asset,
    /// The chunk that it draws with.
    pub opening: &'static Asset,
    /// What mounts it.
    pub script: Asset,
}

/// The widget. None where the server was built before the package; pages stay plain then.
pub static WIDGET: LazyLock<Option<Widget>> = LazyLock::new(|| {
    Some(Widget {
        engine: package::script("engine.js")?,
        opening: package::script("opening.js")?,
        script: Asset::script("widget", include_str!("widget.js")),
    })
});

/// The route of what mounts the widget; none where there is no widget.
pub fn router() -> OpenApiRouter<App> {
    let Some(Widget { script, .. }) = &*WIDGET else { return OpenApiRouter::new() };
    OpenApiRouter::new().route(&script.path, get(async || script.answer()))
}

/// The widget, where it takes over the page of this session: while the flow is open, or was never opened. What has ended is
/// shown as it is, and looking at it opens nothing.
#[must_use]
pub fn of(session: &Stored) -> Option<&'static Widget> {
    let open = session.state.runs.is_empty() || session.state.open_run().is_some();
    WIDGET.as_ref().filter(|_| open)
}

/// Writes what the script reads, as attributes. Without a session id, which needs randomness, it leaves the page as it is.
pub fn attributes(to: &mut String, widget: &Widget, sessions: &Sessions, session: &Stored) {
    match sessions.id_of(session) {
        Ok(id) => {
            for (name, value) in [("engine", &widget.engine.path), ("session", &id)] {
                to.push_str(&format!(" data-{name}=\""));
                html::text(to, value);
                to.push('"');
            }
        }
        Err(error) => tracing::error!(%error, "a page has to do without the widget"),
    }
}
