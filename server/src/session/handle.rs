use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::random_bytes;

/// A new name for a session's hosted page: 128 random bits in 22 characters that are safe in a path.
///
/// # Errors
/// The system has no randomness to give.
pub fn new_handle() -> Result<String, getrandom::Error> {
    random_bytes::<16>().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}
