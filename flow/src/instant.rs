/// A moment, as RFC 3339 text in UTC (`2026-12-01T00:00:00Z`).
///
/// The flow never computes with time: it receives moments from the server and passes them to the host, which writes them
/// in the customer's language and the brand's time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(transparent))]
pub struct Instant(pub String);
