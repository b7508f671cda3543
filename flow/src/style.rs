/// The stylesheet of every step, for the widget's shadow root and for the hosted page alike.
///
/// It styles class names of the element tree only, and takes its colours from custom properties (`--fw-accent` and
/// others), which reach through a shadow root.
pub const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/style.css"));

/// What the subscription hub has beyond it.
pub const HUB_STYLE: &str = include_str!("hub.css");
