//! Result tokens: compact JWS with one algorithm, EdDSA (RFC 8037).
//!
//! The three parts are put together here, on ed25519-dalek, rather than by a general JWT library: those bring RSA and ECDSA
//! along (and with `rsa` an advisory without a fix, RUSTSEC-2023-0071), and a choice of algorithm is the one thing this must
//! not have. Tokens are verified by independent libraries in the tests.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::clock;
use crate::keys::{KeyFile, KeyFileError, KeyId, RetiredKey, RetiredKeys, StoredKey};
use crate::session::TOKEN_LIFE;

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
    /// The one that signs now, then the one before it, then those that have signed receipts.
    pub keys: Vec<PublicJwk>,
}

/// A public key: RFC 8037.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicJwk {
    /// `EdDSA`.
    alg: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// Of a key that signs no more: from when on no result token of it is valid, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    exp: Option<i64>,
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

/// Signs with the current key, verifies with every accepted one, and publishes those whose signatures may still be looked at.
pub struct Signer(RwLock<Arc<Keys>>);

struct Keys {
    current: (String, SigningKey),
    accepted: Vec<(String, VerifyingKey)>,
    retired: Vec<RetiredKey>,
}

/// The file of the signing keys.
const FILE: &str = "signing.key";

impl Keys {
    fn of(keys: &KeyFile, retired: &[RetiredKey]) -> Self {
        let named = |key: &StoredKey| (name(key.id), SigningKey::from_bytes(key.secret.expose()));
        let accepted: Vec<_> =
            keys.accepted().iter().map(named).map(|(kid, key)| (kid, key.verifying_key())).collect();
        let gone = |key: &&RetiredKey| keys.find(key.id).is_none();
        Self {
            current: named(keys.current()),
            accepted,
            retired: retired.iter().filter(gone).cloned().collect(),
        }
    }

    fn open(directory: &Path) -> Result<Self, KeyFileError> {
        let keys = KeyFile::open(directory, FILE)?;
        Ok(Self::of(&keys, RetiredKeys::open(directory)?.all()))
    }
}

/// The name of a key in tokens, receipts and the published set.
#[must_use]
pub fn name(id: KeyId) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

/// Puts a new signing key in front. The one before the previous one signs and verifies no more results; its public half stays
/// published, for the receipts it has signed.
///
/// # Errors
/// A file cannot be written; then what signs is as it was.
pub fn rotate(directory: &Path, now: Timestamp) -> Result<(), KeyFileError> {
    let mut keys = KeyFile::open(directory, FILE)?;
    if let [current, previous, ..] = keys.accepted() {
        let public = SigningKey::from_bytes(previous.secret.expose()).verifying_key().to_bytes();
        let retired_at = current.made_at.clone().unwrap_or_else(|| clock::text(now));
        // First of all: a key that is in both files does no harm, one that is in neither is lost.
        RetiredKeys::open(directory)?.add(RetiredKey { id: previous.id, public, retired_at })?;
    }
    keys.rotate()
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer with these keys.
    #[must_use]
    pub fn new(keys: &KeyFile) -> Self {
        Self(RwLock::new(Arc::new(Keys::of(keys, &[]))))
    }

    /// A signer with the keys of a directory, and those that are retired. Makes a key where there is none.
    ///
    /// # Errors
    /// The files cannot be read or made.
    pub fn open(directory: &Path) -> Result<Self, KeyFileError> {
        Ok(Self(RwLock::new(Arc::new(Keys::open(directory)?))))
    }

    /// Takes over the keys of a directory as they are now, after a rotation.
    ///
    /// # Errors
    /// The files cannot be read; then nothing has changed.
    pub fn reload(&self, directory: &Path) -> Result<(), KeyFileError> {
        let keys = Arc::new(Keys::open(directory)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    fn keys(&self) -> Arc<Keys> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The name of the key that signs.
    #[must_use]
    pub fn kid(&self) -> String {
        self.keys().current.0.clone()
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
        let keys = self.keys();
        let header = json!({ "alg": "EdDSA", "typ": typ, "kid": keys.current.0 }).to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(json));
        let signature = keys.current.1.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Gives the claims of a token that one of the accepted keys has signed. Its expiry is the caller's to look at.
    ///
    /// # Errors
    /// [`TokenError`] says why not. No text panics.
    pub fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<T, TokenError> {
        self.verify_as(TOKEN_TYPE, token)
    }

    /// Gives the claims of something of this type that one of the accepted keys has signed. Its expiry is the caller's to look at.
    ///
    /// # Errors
    /// [`TokenError`] says why not. No text panics.
    pub fn verify_as<T: DeserializeOwned>(&self, typ: &str, token: &str) -> Result<T, TokenError> {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed);
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| TokenError::Malformed)?;
        let claims = bytes(claims)?;
        let signature = Signature::from_slice(&bytes(signature)?).map_err(|_| TokenError::Malformed)?;
        if header.alg != "EdDSA" || header.typ != typ {
            return Err(TokenError::Malformed);
        }
        let keys = self.keys();
        let (_, key) =
            keys.accepted.iter().find(|(kid, _)| *kid == header.kid).ok_or(TokenError::BadSignature)?;
        key.verify_strict(signed.as_bytes(), &signature).map_err(|_| TokenError::BadSignature)?;
        serde_json::from_slice(&claims).map_err(|_| TokenError::Malformed)
    }

    /// The public keys, as a JSON Web Key Set (RFC 7517, RFC 8037): the current one, the previous one, then the retired ones.
    ///
    /// A retired one has `exp`, in seconds since 1970, as the historical keys of OpenID Federation 1.0 have: no result token of it is
    /// valid from then on. It stays for the receipts it has signed.
    #[must_use]
    pub fn jwks(&self) -> KeySet {
        let jwk = |kid: String, key: &[u8], exp| PublicJwk {
            alg: "EdDSA",
            crv: "Ed25519",
            exp,
            kid,
            kty: "OKP",
            usage: "sig",
            x: URL_SAFE_NO_PAD.encode(key),
        };
        let keys = self.keys();
        let accepted = keys.accepted.iter().map(|(kid, key)| jwk(kid.clone(), key.as_bytes(), None));
        let retired = keys.retired.iter().map(|key| {
            let until = clock::parse(&key.retired_at).ok().and_then(|at| at.checked_add(TOKEN_LIFE).ok());
            jwk(name(key.id), &key.public, Some(until.map_or(0, Timestamp::as_second)))
        });
        KeySet { keys: accepted.chain(retired).collect() }
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

    fn kids(signer: &Signer) -> Vec<String> {
        signer.jwks().keys.into_iter().map(|key| key.kid).collect()
    }

    #[test]
    fn tokens_of_the_previous_key_are_accepted_and_those_of_an_older_one_are_not() {
        let (signer, directory) = signer();
        let token = signer.sign(&json!({})).unwrap();
        rotate(directory.path(), Timestamp::UNIX_EPOCH).unwrap();
        assert!(Signer::open(directory.path()).unwrap().verify::<Value>(&token).is_ok());
        rotate(directory.path(), Timestamp::UNIX_EPOCH).unwrap();
        let rotated = Signer::open(directory.path()).unwrap();
        assert_eq!(rotated.verify::<Value>(&token), Err(TokenError::BadSignature));
    }

    #[test]
    fn every_key_that_has_ever_signed_stays_published_and_no_old_private_key_is_kept() {
        let (signer, directory) = signer();
        let mut signed = vec![(signer.kid(), signer.sign_text("receipt+jwt", "{}"))];
        for _ in 0..4 {
            rotate(directory.path(), Timestamp::UNIX_EPOCH).unwrap();
            signer.reload(directory.path()).unwrap();
            signed.insert(0, (signer.kid(), signer.sign_text("receipt+jwt", "{}")));
        }
        let names: Vec<_> = signed.iter().map(|(kid, _)| kid.clone()).collect();
        assert_eq!(kids(&signer), names, "the current one first, the oldest last");
        let published = signer.jwks();
        for ((_, receipt), key) in signed.iter().zip(&published.keys) {
            let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
            let public = VerifyingKey::try_from(&bytes(&key.x)[..]).unwrap();
            let (content, signature) = receipt.rsplit_once('.').unwrap();
            public
                .verify_strict(content.as_bytes(), &Signature::from_slice(&bytes(signature)).unwrap())
                .unwrap();
        }
        assert_eq!(KeyFile::open(directory.path(), FILE).unwrap().accepted().len(), 2);
        let ends: Vec<bool> = published.keys.iter().map(|key| key.exp.is_some()).collect();
        assert_eq!(ends, [false, false, true, true, true]);
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
            let header = json!({ "alg": alg, "typ": "JWT", "kid": signer.kid() }).to_string();
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
