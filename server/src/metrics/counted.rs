use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::purge::Purged;

/// Up to so many seconds a request may have taken to be counted in each bucket.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answer {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Asked {
    route: String,
    method: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Purge {
    kind: &'static str,
}

/// What is counted when it happens.
#[derive(Debug)]
pub(super) struct Counted {
    requests: Family<Answer, Counter>,
    durations: Family<Asked, Histogram, fn() -> Histogram>,
    purged: Family<Purge, Counter>,
}

impl Counted {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let counted = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            purged: Family::default(),
        };
        registry.register("http_requests", "Requests that were answered", counted.requests.clone());
        let took = "How long answers took, from the head of the request to the head of the answer";
        let durations = counted.durations.clone();
        registry.register_with_unit("http_request_duration", took, Unit::Seconds, durations);
        let purged = "Rows that were deleted because they had been kept for long enough";
        registry.register("purged", purged, counted.purged.clone());
        counted
    }

    pub(super) fn purged(&self, purged: &Purged) {
        for (kind, rows) in purged {
            self.purged.get_or_create(&Purge { kind: kind.name() }).inc_by(*rows);
        }
    }

    pub(super) fn answered(&self, route: &str, method: &'static str, status: StatusCode, took: Duration) {
        let answer = Answer { route: route.into(), method, status: status.as_u16() };
        self.requests.get_or_create(&answer).inc();
        let asked = Asked { route: answer.route, method };
        self.durations.get_or_create(&asked).observe(took.as_secs_f64());
    }
}
