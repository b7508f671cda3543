//! Panics: counted wherever they happen, and told without what they say.
//!
//! The text of a panic may hold what a customer has typed: slicing a text in the middle of a character quotes it.

use std::panic::{self, Location};
use std::sync::LazyLock;

use prometheus_client::metrics::counter::Counter;

static COUNTER: LazyLock<Counter> = LazyLock::new(Counter::default);

/// Counts every panic of the program from now on, and has it in the log by its place alone.
pub fn watch() {
    LazyLock::force(&COUNTER);
    panic::set_hook(Box::new(|panic| {
        COUNTER.inc();
        let place = panic.location().map_or_else(|| "an unknown place".into(), Location::to_string);
        tracing::error!(place, "panicked");
    }));
}

/// How many there have been since [`watch`].
#[must_use]
pub fn counter() -> Counter {
    COUNTER.clone()
}
