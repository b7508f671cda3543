//! The APIs: for merchants' backends, with a key, and for browsers, with a session id.

pub mod body;
mod caller;
mod declarations;
mod error;
mod fields;
mod flood;
mod flow;
mod guard;
pub mod health;
mod hosts;
mod hub;
pub mod language;
mod ledger;
mod peer;
mod request_id;
mod result;
mod retention_session;
mod router;
mod subscription_session;
mod well_known;

pub use error::ApiError;
pub use flood::{Floods, retry_after};
pub use peer::{Peer, Proxies};
pub use router::{App, router};

use router::{is_page, nothing_here};
