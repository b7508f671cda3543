//! What Stripe tells of by webhook: <https://docs.stripe.com/webhooks#verify-manually>.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::Sha256;

use crate::secret::SecretText;

/// How far a notice's time may be from now, in seconds. Stripe's own libraries allow as much.
const TOLERANCE: u64 = 300;

/// Something that has happened at Stripe: what it is about, and nothing that would have to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its id, `evt_…`. The same may come again.
    pub id: String,
    /// Its kind, such as `customer.subscription.updated`.
    pub kind: String,
    /// The subscription it is about.
    pub subscription: Option<String>,
    /// The customer it is about.
    pub customer: Option<String>,
}

/// Why a notice is not listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// Nobody who has the secret has signed it.
    #[error("`Stripe-Signature` is missing, or not of this body and one of the configured secrets.")]
    NotSigned,
    /// It was signed too long ago, or too far ahead.
    #[error(
        "`Stripe-Signature` is not of the last five minutes. Check the server's clock; Stripe sends it again."
    )]
    OutOfTime,
    /// It is signed, and not as documented.
    #[error("The body is no event of Stripe's.")]
    Malformed,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    id: Option<String>,
    object: Option<String>,
    customer: Option<Reference>,
    subscription: Option<Reference>,
    /// Where invoices have their subscription since `2025-03-31.basil`.
    parent: Option<Parent>,
}

#[derive(Deserialize)]
struct Parent {
    subscription_details: Option<SubscriptionDetails>,
}

#[derive(Deserialize)]
struct SubscriptionDetails {
    subscription: Option<Reference>,
}

/// An id, or the object itself where it was expanded.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reference {
    Id(String),
    Whole { id: String },
}

impl Reference {
    fn id(self) -> String {
        match self {
            Self::Id(id) | Self::Whole { id } => id,
        }
    }
}

impl Notice {
    /// Reads a notice that was signed with this secret.
    ///
    /// # Errors
    /// [`NoticeError`] says why it is not one.
    pub fn read(header: &str, body: &[u8], secret: &SecretText, now: Timestamp) -> Result<Self, NoticeError> {
        let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
        let time = parts().find_map(|(name, value)| (name == "t").then(|| value.parse::<i64>().ok())?);
        let time = time.ok_or(NoticeError::NotSigned)?;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).map_err(|_| NoticeError::NotSigned)?;
        mac.update(format!("{time}.").as_bytes());
        mac.update(body);
        let signed = parts()
            .filter(|(name, _)| *name == "v1")
            .filter_map(|(_, value)| bytes(value))
            .any(|signature| mac.clone().verify_slice(&signature).is_ok());
        if !signed {
            return Err(NoticeError::NotSigned);
        }
        // Looked at behind the signature: whoever has none is not told about the clock.
        if now.as_second().abs_diff(time) > TOLERANCE {
            return Err(NoticeError::OutOfTime);
        }
        let Event { id, kind, data: Data { object } } =
            serde_json::from_slice(body).map_err(|_| NoticeError::Malformed)?;
        let of_parent = || object.parent?.subscription_details?.subscription;
        let subscription = match object.object.as_deref() {
            Some("subscription") => object.id.clone(),
            _ => object.subscription.or_else(of_parent).map(Reference::id),
        };
        let customer = match object.object.as_deref() {
            Some("customer") => object.id,
            _ => object.customer.map(Reference::id),
        };
        Ok(Self { id, kind, subscription, customer })
    }
}

/// Bytes written in hexadecimal.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    text.len().is_multiple_of(2).then(|| (0..text.len()).step_by(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_262_400;

    fn header(secret: &str, time: i64, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{body}").as_bytes());
        let hex =
            mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        format!("t={time},v1=00ff,v1={hex},v0=x")
    }

    fn read(header: &str, body: &str) -> Result<Notice, NoticeError> {
        let now = Timestamp::from_second(NOW).unwrap();
        Notice::read(header, body.as_bytes(), &SecretText::new("whsec_1"), now)
    }

    #[test]
    fn a_notice_says_what_it_is_about() {
        let event = |object| json!({ "id": "evt_1", "type": "x", "data": { "object": object } }).to_string();
        for (object, subscription, customer) in [
            (
                json!({ "object": "subscription", "id": "sub_1", "customer": "cus_1" }),
                Some("sub_1"),
                Some("cus_1"),
            ),
            (
                json!({ "object": "invoice", "id": "in_1", "customer": { "id": "cus_1" }, "subscription": "sub_1" }),
                Some("sub_1"),
                Some("cus_1"),
            ),
            (
                json!({ "object": "invoice", "parent": { "subscription_details": { "subscription": "sub_1" } } }),
                Some("sub_1"),
                None,
            ),
            (json!({ "object": "payment_intent", "id": "pi_1" }), None, None),
        ] {
            let body = event(object);
            let notice = read(&header("whsec_1", NOW, &body), &body).unwrap();
            assert_eq!(
                (notice.subscription.as_deref(), notice.customer.as_deref()),
                (subscription, customer),
                "{body}"
            );
        }
    }

    #[test]
    fn nobody_else_and_nothing_old_is_listened_to() {
        let body = r#"{"id":"evt_1","type":"x","data":{"object":{}}}"#;
        assert!(read(&header("whsec_1", NOW - 300, body), body).is_ok());
        assert_eq!(read(&header("whsec_1", NOW - 301, body), body), Err(NoticeError::OutOfTime));
        assert_eq!(read(&header("whsec_1", NOW + 301, body), body), Err(NoticeError::OutOfTime));
        assert_eq!(read(&header("whsec_2", NOW, body), body), Err(NoticeError::NotSigned));
        assert_eq!(read(&header("whsec_1", NOW, "{}"), body), Err(NoticeError::NotSigned));
        for header in ["", "t=1", "v1=00", "t=x,v1=00", "t=1795262400,v1=", "t=1795262400,v1=0é"] {
            assert_eq!(read(header, body), Err(NoticeError::NotSigned), "{header}");
        }
        assert_eq!(read(&header("whsec_1", NOW, "[]"), "[]"), Err(NoticeError::Malformed));
    }
}
