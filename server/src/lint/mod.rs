//! What `farewell lint` looks for beyond the form of the file: laws of a brand's markets, and dark patterns.
//!
//! What is a fact (a locked label, a contrast, a market without a source for the customer's place) is a mistake, and the
//! server does not start with it. What is read out of a text is a warning, because a text can be misread.

pub mod contrast;
mod fold;
pub mod law;
pub mod locked;
pub mod market;
mod pattern;

pub use locked::is_locked;
pub use pattern::{Text, findings, of_field};
