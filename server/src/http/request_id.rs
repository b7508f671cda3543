use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header a request's id is in, on the way in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long an id from outside may be.
const LONGEST: usize = 64;

/// The id of a request: the one it came with, such as a proxy gives, or a new one. An id from outside is taken only as a short, plain
/// word, since it is written into the log.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> HeaderValue {
    let mut given = headers.get_all(REQUEST_ID).into_iter();
    match (given.next(), given.next()) {
        (Some(id), None) if is_plain(id.as_bytes()) => id.clone(),
        _ => new(),
    }
}

fn new() -> HeaderValue {
    let mut hexadecimal = Uuid::encode_buffer();
    let id = Uuid::new_v4().simple().encode_lower(&mut hexadecimal);
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("-"))
}

/// Letters, digits, hyphens, dots and underscores, beginning with a letter or digit; and no key or session id of ours.
fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    let ours = [&b"sk_"[..], b"pk_", b"ret_", b"sub_"].iter().any(|prefix| id.starts_with(prefix));
    (1..=LONGEST).contains(&id.len()) && id.iter().all(plain) && id[0].is_ascii_alphanumeric() && !ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_short_plain_word_is_taken() {
        let taken = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(REQUEST_ID, HeaderValue::from_static(value));
            }
            let id = request_id(&headers);
            values.iter().any(|value| id == value)
        };
        for id in ["a", "4bf92f3577b34da6a3ce929d0e0e4736", "f058ebd6-02f7-4d3f-942e-904344e8cde5", "lb.7_x"]
        {
            assert!(taken(&[id]), "{id}");
        }
        let long: &'static str = "x".repeat(65).leak();
        for id in ["", " ", "ada@example.com", "a b", "a\"b", "{}", "-x", "sk_acme_x", "ret_x", "sub_x", long]
        {
            assert!(!taken(&[id]), "{id}");
        }
        assert!(!taken(&["a", "b"]));
    }

    #[test]
    fn new_ids_differ() {
        let empty = HeaderMap::new();
        let (one, other) = (request_id(&empty), request_id(&empty));
        assert_ne!(one, other);
        assert_eq!((one.len(), other.len()), (32, 32));
    }
}
