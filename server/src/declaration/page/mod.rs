//! The public pages: plain forms, everything visible at once, no script and no session.

mod confirmation;
mod form;
mod handlers;
mod paper;
mod receipt;
mod visit;

pub use handlers::router;
