//! The APIs: for merchants' backends, with a key, and for browsers, with a session id.

mod actions;
pub mod body;
mod caller;
mod cancel_link;
mod cancel_session;
mod cancellation;
mod cancellation_list;
mod cancellation_request;
mod declarations;
mod error;
mod fields;
mod flow;
mod guard;
mod health;
mod hub;
pub mod language;
mod ledger;
pub mod openapi;
mod peer;
mod query;
mod reasons;
mod result;
mod retention_session;
mod router;
mod subscription_session;
mod webhooks;
mod well_known;
mod wish;

pub use error::ApiError;
pub use peer::Peer;
pub use router::{App, router};
