//! Numbers for whoever watches the server, as OpenMetrics text. No label's value comes from a caller.

mod counted;
mod watched;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::clock::Clock;
use crate::http::App;
use crate::panics;
use crate::purge::Purged;
use counted::Counted;
use watched::Watched;

/// What the text is.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is counted while the server runs, and what is looked at when somebody asks.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    counted: Counted,
    watched: Watched,
}

impl Metrics {
    /// Nothing is counted yet. The server starts now.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let mut registry = Registry::default();
        let started = Gauge::<i64>::default();
        started.set(clock.now().as_second());
        registry.register_with_unit(
            "process_start_time",
            "When the server was started",
            Unit::Seconds,
            started,
        );
        let own = registry.sub_registry_with_prefix("farewell");
        own.register("build", "The server's version", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        own.register("panics", "Panics since the start, anywhere in the program", panics::counter());
        let (counted, watched) = (Counted::registered(own), Watched::registered(own));
        Self { registry, counted, watched }
    }

    /// Counts a request that was answered. The route is as the program has it, or none.
    pub fn answered(&self, route: &str, method: &'static str, status: StatusCode, took: Duration) {
        self.counted.answered(route, method, status, took);
    }

    /// Counts what was deleted because it has been kept for long enough.
    pub fn purged(&self, purged: &Purged) {
        self.counted.purged(purged);
    }

    /// Looks at the database, and writes everything.
    ///
    /// # Errors
    /// It cannot be written, which is a fault of the program.
    pub async fn text(&self, app: &App) -> Result<String, std::fmt::Error> {
        if let Err(error) = self.watched.look(app).await {
            tracing::error!(%error, "metrics leave out what is in the database");
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The routes of the listener for metrics.
pub fn router(app: App) -> Router {
    Router::new().route("/metrics", get(show)).with_state(app)
}

/// `GET /metrics`.
async fn show(State(app): State<App>) -> Response {
    match app.metrics.text(&app).await {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
