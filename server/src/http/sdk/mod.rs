//! The API that Pelcro's clients call with a customer's own token, answered by the ledger: <https://docs.pelcro.com>.
//!
//! Its errors, its field names and its answers are Pelcro's, not this server's own.

pub mod caller;
pub mod cancel;
pub mod customer;
pub mod eligible;
pub mod error;
pub mod fields;
pub mod order;
pub mod reactivate;
pub mod renew;
mod resource;

pub use error::SdkError;
