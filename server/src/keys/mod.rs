//! Keys: the ones merchants hold, and the ones the server keeps to itself.

mod api_key;
mod key_file;
mod public_key;
mod retired;
mod watch;

pub use api_key::{ApiKey, ApiKeys, ListedKey};
pub use key_file::{KeyFile, KeyFileError, KeyId, StoredKey};
pub use public_key::PublicKey;
pub(crate) use retired::RETIRED;
pub use retired::{RetiredKey, RetiredKeys};
pub use watch::Watch;
