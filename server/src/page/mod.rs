//! The hosted pages: the same flow as plain HTML, for a browser with no WebAssembly, no JavaScript, or no widget at all.
//! Where there is JavaScript, the widget takes the place of the form.

mod asset;
mod docs;
mod document;
mod handlers;
mod hub;
mod message;
mod open;
mod package;
mod receipt;
mod widget;

pub use asset::Asset;
pub use document::Document;
pub use handlers::{assets, documentation, router};
pub use message::{Message, home, missing};
