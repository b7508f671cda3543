//! The subscription hub: what a customer pays for, in one place, and the ways to change it.
//!
//! A hub has nothing of its own in the database. Its session id says whose it is; what it shows is what billing knows at that
//! moment, and every way to change something is a session of the retention flow.

mod claims;
mod overview;
mod view;

pub use claims::HubClaims;
pub use overview::{NewHub, Overview};
