//! The retention flow on a server.

pub mod billing;
pub mod brand;
pub mod cli;
pub mod clock;
pub mod config;
pub mod format;
pub mod html;
pub mod http;
pub mod intents;
pub mod keys;
pub mod lint;
pub mod locale;
pub mod offer;
pub mod page;
pub mod place;
pub mod policy;
pub mod resolve;
pub mod seal;
pub mod secret;
pub mod serve;
pub mod session;
pub mod sign;
pub mod store;
pub mod theme;
mod write_limit;
