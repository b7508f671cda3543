//! Signatures by the Standard Webhooks specification: HMAC-SHA256 of `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::keys::{KeyFile, StoredKey};

/// The name of the file with a brand's secret, in the directory of the keys.
#[must_use]
pub fn key_name(brand: &str) -> String {
    format!("webhook.{brand}.key")
}

/// A secret as receivers are given it: `whsec_…`.
#[must_use]
pub fn secret_text(key: &StoredKey) -> String {
    format!("whsec_{}", STANDARD.encode(key.secret.expose()))
}

/// The value of `webhook-signature`: a signature with each key that is accepted, the current one's first. So a receiver that
/// has only one of two secrets finds its own.
#[must_use]
pub fn sign(keys: &KeyFile, id: &str, timestamp: i64, body: &str) -> String {
    let signatures = keys.accepted().iter().map(|key| {
        // A key shorter than a block of the hash is filled up with zeros (RFC 2104).
        let mut block = [0; 64];
        block[..32].copy_from_slice(key.secret.expose());
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    });
    signatures.collect::<Vec<_>>().join(" ")
}
