//! The OpenAPI document: what handlers say of themselves, put together and made whole.

mod document;
mod errors;
mod examples;
mod form;
mod parameter;
mod said;
pub mod served;
mod shape;
pub mod tag;

pub use document::{base, dressed, whole};
pub use errors::{NoKey, NoSession, NoSessionInForm, NotAForm, NotJson, ReadOnly, SdkTooLarge, TooLarge};
pub use parameter::{PublicKeyHeader, path_parameter, query_parameter};
pub use served::Served;
pub use shape::Shape;
