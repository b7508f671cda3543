//! The hosted pages: the same flow as plain HTML, for a browser with no WebAssembly, no JavaScript, or no widget at all.

mod asset;
mod document;
mod handlers;
mod message;
mod open;
mod receipt;

pub use document::Document;
pub use handlers::router;
pub use message::{Message, home, missing};
