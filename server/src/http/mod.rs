//! The APIs: for merchants' backends, with a key, and for browsers, with a session id.

mod actions;
pub mod body;
mod caller;
mod cancel_link;
mod cancel_session;
mod cancellation;
mod cancellation_list;
mod cancellation_request;
mod customer_token;
mod declarations;
mod error;
mod export;
mod fields;
mod flood;
mod flow;
mod guard;
pub mod health;
mod hosts;
mod hub;
pub mod language;
mod ledger;
pub mod openapi;
mod peer;
mod query;
mod reasons;
mod request_id;
mod result;
mod retention_session;
mod router;
mod sdk;
mod session_list;
mod stripe;
mod subscription_session;
mod webhooks;
mod well_known;
mod wish;

pub use error::ApiError;
pub use flood::{Floods, retry_after};
pub use peer::{Peer, Proxies};
pub use router::{App, Services, router};

use router::{is_page, nothing_here};
