//! Result tokens: compact JWS with one algorithm, EdDSA (RFC 8037).
//!
//! The three parts are put together here, on ed25519-dalek, rather than by a general JWT library: those bring RSA and ECDSA
//! along (and with `rsa` an advisory without a fix, RUSTSEC-2023-0071), and a choice of algorithm is the one thing this must
//! not have. Tokens are verified by independent libraries in the tests.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::keys::{KeyFile, StoredKey};

/// The `typ` of result tokens.
const TOKEN_TYPE: &str = "JWT";

/// Why a token's content cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It does not have the form of a token of this server.
    #[error("The token is malformed. Pass the value of `ci_result_token` unchanged.")]
    Malformed,
    /// Its signature is not this server's.
    #[error("The token's signature is not valid: it was altered, or another server made it.")]
    BadSignature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// The public keys that verify what this server has signed: RFC 7517.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeySet {
    /// The one that signs now, then the one before it.
    pub keys: Vec<PublicJwk>,
}

/// A public key: RFC 8037.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicJwk {
    /// `EdDSA`.
    alg: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// Its id: the `kid` in the header of what it has signed.
    kid: String,
    /// `OKP`.
    kty: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    usage: &'static str,
    /// The key itself, in base64url.
    x: String,
}

/// Signs with the current key and verifies with every accepted one.
pub struct Signer {
    current: (String, SigningKey),
    accepted: Vec<(String, VerifyingKey)>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("kid", &self.current.0).finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer with these keys.
    #[must_use]
    pub fn new(keys: &KeyFile) -> Self {
        let named =
            |key: &StoredKey| (URL_SAFE_NO_PAD.encode(key.id), SigningKey::from_bytes(key.secret.expose()));
        let accepted =
            keys.accepted().iter().map(named).map(|(kid, key)| (kid, key.verifying_key())).collect();
        Self { current: named(keys.current()), accepted }
    }

    /// Signs claims. The same claims and key give the same token.
    ///
    /// # Errors
    /// The claims cannot be written as JSON.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, serde_json::Error> {
        Ok(self.sign_text(TOKEN_TYPE, &serde_json::to_string(claims)?))
    }

    /// Signs a JSON text, byte for byte, as something of this type: a compact JWS. The type keeps it from being taken for
    /// something else that the same key has signed (RFC 8725, 3.11); [`verify`](Self::verify) reads result tokens only.
    #[must_use]
    pub fn sign_text(&self, typ: &str, json: &str) -> String {
        let header = json!({ "alg": "EdDSA", "typ": typ, "kid": self.current.0 }).to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(json));
        let signature = self.current.1.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Gives the claims of a token that one of the accepted keys has signed. Its expiry is the caller's to look at.
    ///
    /// # Errors
    /// [`TokenError`] says why not. No text panics.
    pub fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<T, TokenError> {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed);
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| TokenError::Malformed)?;
        let claims = bytes(claims)?;
        let signature = Signature::from_slice(&bytes(signature)?).map_err(|_| TokenError::Malformed)?;
        if header.alg != "EdDSA" || header.typ != TOKEN_TYPE {
            return Err(TokenError::Malformed);
        }
        let (_, key) =
            self.accepted.iter().find(|(kid, _)| *kid == header.kid).ok_or(TokenError::BadSignature)?;
        key.verify_strict(signed.as_bytes(), &signature).map_err(|_| TokenError::BadSignature)?;
        serde_json::from_slice(&claims).map_err(|_| TokenError::Malformed)
    }

    /// The public keys, as a JSON Web Key Set (RFC 7517, RFC 8037), the current one first.
    #[must_use]
    pub fn jwks(&self) -> KeySet {
        let keys = self.accepted.iter().map(|(kid, key)| PublicJwk {
            alg: "EdDSA",
            crv: "Ed25519",
            kid: kid.clone(),
            kty: "OKP",
            usage: "sig",
            x: URL_SAFE_NO_PAD.encode(key.as_bytes()),
        });
        KeySet { keys: keys.collect() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use serde_json::Value;

    use super::*;

    fn signer() -> (Signer, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        (Signer::new(&KeyFile::open(directory.path(), "signing.key").unwrap()), directory)
    }

    #[test]
    fn the_same_claims_give_the_same_token() {
        let (signer, _directory) = signer();
        let claims = json!({ "sub": "user", "n": 1 });
        let token = signer.sign(&claims).unwrap();
        assert_eq!(token, signer.sign(&claims).unwrap());
        assert_eq!(signer.verify::<Value>(&token), Ok(claims));
    }

    #[test]
    fn tokens_of_the_previous_key_are_accepted_and_published() {
        let (signer, directory) = signer();
        let token = signer.sign(&json!({})).unwrap();
        let mut keys = KeyFile::open(directory.path(), "signing.key").unwrap();
        keys.rotate().unwrap();
        let rotated = Signer::new(&keys);
        assert!(rotated.verify::<Value>(&token).is_ok());
        assert_eq!(rotated.jwks().keys.len(), 2);
        keys.rotate().unwrap();
        assert_eq!(Signer::new(&keys).verify::<Value>(&token), Err(TokenError::BadSignature));
    }

    #[test]
    fn something_else_that_was_signed_is_not_a_token() {
        let (signer, _directory) = signer();
        let receipt = signer.sign_text("receipt+jwt", "{}");
        assert_eq!(signer.verify::<Value>(&receipt), Err(TokenError::Malformed));
        assert!(signer.verify::<Value>(&signer.sign_text("JWT", "{}")).is_ok());
    }

    #[test]
    fn another_algorithm_is_never_accepted() {
        let (signer, _directory) = signer();
        let token = signer.sign(&json!({})).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        for alg in ["none", "HS256", "eddsa", "ES256"] {
            let header = json!({ "alg": alg, "typ": "JWT", "kid": signer.current.0 }).to_string();
            let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
            assert_eq!(signer.verify::<Value>(&forged), Err(TokenError::Malformed), "{alg}");
        }
    }

    proptest! {
        #[test]
        fn a_bit_flipped_anywhere_is_found(at: prop::sample::Index, bit in 0u8..8) {
            let (signer, _directory) = signer();
            let mut token = signer.sign(&json!({ "sub": "user" })).unwrap().into_bytes();
            let at = at.index(token.len());
            token[at] ^= 1 << bit;
            prop_assert!(signer.verify::<Value>(&String::from_utf8_lossy(&token)).is_err());
        }

        #[test]
        fn no_text_panics(text in ".{0,80}(\\..{0,80}){0,4}") {
            let (signer, _directory) = signer();
            prop_assert!(signer.verify::<Value>(&text).is_err());
        }
    }
}
