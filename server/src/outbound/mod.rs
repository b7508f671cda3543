//! Requests to merchants' backends: signed by the Standard Webhooks specification (<https://www.standardwebhooks.com>), and guarded,
//! so that no configuration makes the server reach into a private network unaware.

mod address;
mod client;
mod connector;
mod signature;

pub use address::{Reach, reach};
pub use client::{Answer, Client};
pub use signature::{key_name, secret_text, sign};
