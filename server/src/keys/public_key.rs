use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What a browser may know: which brand a page belongs to, and where the server is.
///
/// Written as `pk_<slug>_<base64 of the server's origin>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The brand's slug.
    pub brand: String,
    /// The server's origin.
    pub server: String,
}

impl PublicKey {
    /// Reads a key. None when the text is not one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (brand, server) = text.strip_prefix("pk_")?.split_once('_')?;
        let server = String::from_utf8(STANDARD_NO_PAD.decode(server).ok()?).ok()?;
        (!brand.is_empty()).then(|| Self { brand: brand.into(), server })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pk_{}_{}", self.brand, STANDARD_NO_PAD.encode(&self.server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let key = PublicKey { brand: "two-words".into(), server: "http://127.0.0.1:8787".into() };
        assert_eq!(key.to_string(), "pk_two-words_aHR0cDovLzEyNy4wLjAuMTo4Nzg3");
        assert_eq!(PublicKey::read(&key.to_string()), Some(key));
    }

    #[test]
    fn anything_else_is_not_a_key() {
        for text in ["", "pk_", "pk_a", "pk__aHR0cA", "sk_a_aHR0cA", "pk_a_%%%", "pk_a_aHR0cDo="] {
            assert_eq!(PublicKey::read(text), None, "{text}");
        }
    }
}
