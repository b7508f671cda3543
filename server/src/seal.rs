//! Session ids: what a merchant's backend asked for, sealed so that a browser can carry it and neither read nor change it.
//!
//! An id is `ret_` or `sub_`, then base64url of key id, nonce and XChaCha20-Poly1305 ciphertext. The prefix is authenticated
//! with it, so that an id cannot be turned into one of the other kind.

use std::sync::{Arc, PoisonError, RwLock};

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::keys::{KeyFile, StoredKey};
use crate::secret::random_bytes;

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The retention flow: `ret_`.
    Retention,
    /// The subscription hub: `sub_`.
    Subscription,
    /// No session, but what a customer of the hub was shown, to be agreed to: `quo_`.
    Quote,
    /// A customer's own token in billing, as the database keeps it: `tok_`. No session.
    CustomerToken,
}

impl Kind {
    /// What ids of this kind begin with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Retention => "ret_",
            Self::Subscription => "sub_",
            Self::Quote => "quo_",
            Self::CustomerToken => "tok_",
        }
    }

    /// The kind's name, as it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Subscription => "subscription",
            Self::Quote => "quote",
            Self::CustomerToken => "customer_token",
        }
    }
}

/// Why a text is not a session id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It does not have the form of a session id.
    #[error(
        "This is not a session id: it is malformed. Pass the `id` of the answer unchanged: that of POST /v1/retention/session for \
         the flow, that of POST /v1/subscription/session for the hub."
    )]
    Malformed,
    /// It has the form, but this server did not make it, or not like this.
    #[error("This session id was altered, or made by another server. Pass the `id` of the answer unchanged.")]
    Altered,
    /// It is an id of another kind.
    #[error("This session id is of the wrong kind: it begins with `{found}`, and `{wanted}` is needed here.")]
    WrongKind {
        /// The prefix that was found.
        found: &'static str,
        /// The prefix that is needed.
        wanted: &'static str,
    },
}

const KEY_ID: usize = 4;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Longer texts are not looked at.
const LONGEST: usize = 8192;

/// Seals with the current key and opens with every accepted one.
#[derive(Debug)]
pub struct Sealer {
    keys: RwLock<Arc<KeyFile>>,
}

impl Sealer {
    /// A sealer with these keys.
    #[must_use]
    pub fn new(keys: KeyFile) -> Self {
        Self { keys: RwLock::new(Arc::new(keys)) }
    }

    /// Uses other keys from now on, after a rotation.
    pub fn replace(&self, keys: KeyFile) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<KeyFile> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seals bytes into an id.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn seal(&self, kind: Kind, content: &[u8]) -> Result<String, getrandom::Error> {
        let keys = self.keys();
        let key = keys.current();
        let nonce = random_bytes::<NONCE>()?;
        let payload = Payload { msg: content, aad: kind.prefix().as_bytes() };
        // Fails only for contents of more than 256 GiB.
        let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        let bytes = [&key.id[..], &nonce, &sealed].concat();
        Ok(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Gives back the bytes that were sealed.
    ///
    /// # Errors
    /// [`SealError`] says why the text is not a session id of this kind. No text panics.
    pub fn open(&self, kind: Kind, id: &str) -> Result<Vec<u8>, SealError> {
        let found = [Kind::Retention, Kind::Subscription, Kind::Quote, Kind::CustomerToken]
            .into_iter()
            .find(|kind| id.starts_with(kind.prefix()))
            .ok_or(SealError::Malformed)?;
        let text =
            id.get(found.prefix().len()..).filter(|_| id.len() <= LONGEST).ok_or(SealError::Malformed)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|error| match error {
            // Of the right form but for bits behind the last byte, which are zero in every id that was made.
            DecodeError::InvalidLastSymbol { .. } if text.len() > (KEY_ID + NONCE + TAG) * 4 / 3 => {
                SealError::Altered
            }
            _ => SealError::Malformed,
        })?;
        let (key_id, rest) = bytes.split_first_chunk::<KEY_ID>().ok_or(SealError::Malformed)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Malformed)?;
        if sealed.len() < TAG {
            return Err(SealError::Malformed);
        }
        if found != kind {
            return Err(SealError::WrongKind { found: found.prefix(), wanted: kind.prefix() });
        }
        let keys = self.keys();
        let key = keys.find(*key_id).ok_or(SealError::Altered)?;
        let payload = Payload { msg: sealed, aad: kind.prefix().as_bytes() };
        cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Altered)
    }
}

fn cipher(key: &StoredKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key.secret.expose()).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealer() -> (Sealer, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        (Sealer::new(KeyFile::open(directory.path(), "sealing.key").unwrap()), directory)
    }

    #[test]
    fn what_was_sealed_with_the_previous_key_still_opens() {
        let (sealer, directory) = sealer();
        let id = sealer.seal(Kind::Retention, b"content").unwrap();
        let mut keys = KeyFile::open(directory.path(), "sealing.key").unwrap();
        keys.rotate().unwrap();
        assert_eq!(Sealer::new(keys.clone()).open(Kind::Retention, &id), Ok(b"content".to_vec()));
        keys.rotate().unwrap();
        assert_eq!(Sealer::new(keys).open(Kind::Retention, &id), Err(SealError::Altered));
    }

    #[test]
    fn errors_are_told_apart() {
        let (sealer, _directory) = sealer();
        let id = sealer.seal(Kind::Subscription, b"content").unwrap();
        let wrong = SealError::WrongKind { found: "sub_", wanted: "ret_" };
        assert_eq!(sealer.open(Kind::Retention, &id), Err(wrong));
        assert_eq!(sealer.open(Kind::Retention, &id.replacen("sub_", "ret_", 1)), Err(SealError::Altered));
        for malformed in ["", "ret_", "ret_x", "ret_AAAA", "cus_AAAA", "ret_ä", &id[1..], &format!("{id}=")]
        {
            assert_eq!(sealer.open(Kind::Retention, malformed), Err(SealError::Malformed), "{malformed}");
        }
        assert_eq!(sealer.open(Kind::Retention, "sub_1MowQVLkdIwHu7ixeRlqHVzs"), Err(SealError::Malformed));
    }

    #[test]
    fn an_id_altered_in_its_last_character_only_is_altered() {
        let (sealer, _directory) = sealer();
        for content in [&b"content"[..], b"conten", b"conte"] {
            let id = sealer.seal(Kind::Retention, content).unwrap();
            let last = if id.ends_with('A') { 'B' } else { 'A' };
            let next = if id.ends_with('_') { '-' } else { '_' };
            for other in [last, next] {
                let altered = format!("{}{other}", &id[..id.len() - 1]);
                assert_eq!(sealer.open(Kind::Retention, &altered), Err(SealError::Altered), "{altered}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_content_comes_back(content: Vec<u8>) {
            let (sealer, _directory) = sealer();
            let id = sealer.seal(Kind::Retention, &content).unwrap();
            prop_assert_eq!(sealer.open(Kind::Retention, &id), Ok(content));
        }

        #[test]
        fn a_bit_flipped_anywhere_is_found(content in "[ -~]{0,200}", at: prop::sample::Index, bit in 0u8..8) {
            let (sealer, _directory) = sealer();
            let mut id = sealer.seal(Kind::Retention, content.as_bytes()).unwrap().into_bytes();
            let at = at.index(id.len());
            id[at] ^= 1 << bit;
            let id = String::from_utf8_lossy(&id).into_owned();
            prop_assert!(sealer.open(Kind::Retention, &id).is_err());
        }

        #[test]
        fn no_text_panics(text: String, tail in "[A-Za-z0-9_-]{0,300}") {
            let (sealer, _directory) = sealer();
            prop_assert!(sealer.open(Kind::Retention, &text).is_err());
            let id = format!("ret_{tail}");
            prop_assert!(sealer.open(Kind::Retention, &id).is_err());
            prop_assert!(sealer.open(Kind::Subscription, &id).is_err());
        }
    }
}
