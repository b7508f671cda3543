//! Stripe's HTTP API: <https://docs.stripe.com/api>.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::outbox;
use crate::secret::SecretText;

/// The version whose requests and answers these are. Stripe keeps answering it, whatever the account's own is.
const VERSION: &str = "2025-03-31.basil";
/// How long Stripe may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How often something is asked anew where Stripe has kept a failure.
const MOST_KEPT: u32 = 8;
/// How much of an answer is read, in bytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// Asks Stripe, with one secret key.
#[derive(Debug)]
pub(super) struct Api {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: Url,
    key: SecretText,
}

/// Names and values of a request, in Stripe's spelling: `items[0][price]`.
pub(super) type Form = Vec<(String, String)>;

/// Why there is no answer that could be used. The texts are for a developer, and name Stripe's request where it has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// There is no such object.
    #[error("{0}")]
    Missing(String),
    /// Stripe has understood the request and does not do it. Nothing was changed.
    #[error("{text}")]
    Refused {
        /// Stripe's word for why.
        code: String,
        /// The same in a sentence.
        text: String,
    },
    /// The idempotency key was another request's. Nothing was changed by this one, and nothing will be.
    #[error("{0}")]
    KeyUsed(String),
    /// Nobody knows what was done: ask again.
    #[error("{0}")]
    Unknown(String),
}

impl Api {
    /// Makes everything ready. Nothing is connected yet.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub(super) fn new(base: Url, key: SecretText) -> Result<Self, String> {
        let tls = HttpsConnectorBuilder::new().try_with_platform_verifier().map_err(|error| {
            format!("the system's trusted certificates cannot be read: {error}; install ca-certificates.")
        })?;
        let http =
            legacy::Client::builder(TokioExecutor::new()).build(tls.https_or_http().enable_http1().build());
        Ok(Self { http, base, key })
    }

    /// Reads something.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: &Form) -> Result<T, Failure> {
        self.ask(Method::GET, path, query, None).await
    }

    /// Changes something. The same key again gives what the first gave, for at least a day.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Form,
        key: &str,
    ) -> Result<T, Failure> {
        self.ask(Method::POST, path, form, Some(key)).await
    }

    /// Makes something as it is to be, whatever was asked before: for what is looked at first, and comes to the same when it is done
    /// twice. An answer that Stripe has kept under the key is no answer to a change that is not there: it keeps its own failures too,
    /// for at least a day.
    pub(super) async fn make_so(
        &self,
        method: Method,
        path: &str,
        form: &Form,
        key: &str,
    ) -> Result<(), Failure> {
        let mut name = key.to_owned();
        for again in 1..=MOST_KEPT {
            let said = self.fetch(method.clone(), path, form, Some(&name)).await?;
            if !said.kept || said.status < 400 {
                return read::<super::object::Any>(said.status, &said.id, &said.body).map(drop);
            }
            // One after the other, so that what is still on its way under one of them is kept there as well.
            name = format!("{key}:{again}");
        }
        Err(Failure::Unknown("Stripe fails again and again".into()))
    }

    /// Uses a key up, for a request that changes nothing. It is used whatever Stripe has answered to it before.
    pub(super) async fn use_up(&self, path: &str, nothing: &Form, key: &str) -> Result<(), Failure> {
        let said = self.fetch(Method::POST, path, nothing, Some(key)).await?;
        if said.kept {
            return Ok(());
        }
        match read::<super::object::Any>(said.status, &said.id, &said.body) {
            Err(Failure::Unknown(why)) => Err(Failure::Unknown(why)),
            Ok(_) | Err(Failure::KeyUsed(_) | Failure::Refused { .. } | Failure::Missing(_)) => Ok(()),
        }
    }

    /// Whether the key may do this. What is asked for changes nothing, since what it is about is not there.
    pub(super) async fn allows(&self, method: Method, path: &str, form: &Form) -> Allowed {
        let said = match self.fetch(method, path, form, None).await {
            Ok(said) => said,
            Err(Failure::Unknown(why)) => return Allowed::Unknown(why),
            Err(other) => return Allowed::Unknown(other.to_string()),
        };
        match said.status {
            200..300 | 400 | 404 => Allowed::Yes,
            401 => Allowed::No("Stripe does not know the key".into()),
            403 => Allowed::No(permission(&said.body).unwrap_or_else(|| "Stripe forbids it".into())),
            other => Allowed::Unknown(format!("Stripe answered {other} (request {})", said.id)),
        }
    }

    /// Whether the key is restricted.
    pub(super) fn is_restricted(&self) -> bool {
        self.key.expose().starts_with("rk_")
    }

    /// Whether the key is for what counts.
    pub(super) fn is_live(&self) -> bool {
        self.key.expose().contains("_live_")
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        form: &Form,
        key: Option<&str>,
    ) -> Result<T, Failure> {
        let Said { status, id, body, .. } = self.fetch(method, path, form, key).await?;
        read(status, &id, &body)
    }

    async fn fetch(
        &self,
        method: Method,
        path: &str,
        form: &Form,
        key: Option<&str>,
    ) -> Result<Said, Failure> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut url = self.base.join(path).map_err(|error| Failure::Unknown(error.to_string()))?;
        let body = if method == Method::GET {
            url.set_query(Some(&form).filter(|form| !form.is_empty()).map(String::as_str));
            String::new()
        } else {
            form
        };
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key.expose()))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::USER_AGENT, concat!("farewell/", env!("CARGO_PKG_VERSION")))
            .header("Stripe-Version", VERSION);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let request = request.body(Full::from(body)).map_err(|error| Failure::Unknown(error.to_string()))?;
        match tokio::time::timeout(ANSWER_WITHIN, self.send(request)).await {
            Ok(answered) => answered,
            Err(_) => Err(Failure::Unknown(format!(
                "Stripe did not answer within {} seconds",
                ANSWER_WITHIN.as_secs()
            ))),
        }
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Said, Failure> {
        let answer = self.http.request(request).await;
        let answer =
            answer.map_err(|error| Failure::Unknown(format!("Stripe: {}", outbox::unreachable(&error))))?;
        let status = answer.status().as_u16();
        let id = answer.headers().get("Request-Id").and_then(|id| id.to_str().ok());
        // Of letters and digits, so that it can stand in a log.
        let id: String = id
            .unwrap_or("without an id")
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == ' ')
            .take(64)
            .collect();
        let kept = answer.headers().get("Idempotent-Replayed").is_some_and(|kept| kept == "true");
        let body = Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await;
        let body = body.map_err(|_| Failure::Unknown(format!("Stripe's answer broke off (request {id})")))?;
        Ok(Said { status, id, kept, body: body.to_bytes() })
    }
}

/// An answer that arrived.
struct Said {
    status: u16,
    /// Stripe's id of the request.
    id: String,
    /// Whether it was answered before, to the same request with the same key, and is said again.
    kept: bool,
    body: Bytes,
}

/// Whether a key may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    Yes,
    /// Why not.
    No(String),
    /// Why nobody knows.
    Unknown(String),
}

/// The permission that Stripe says is missing: `rak_…`.
fn permission(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let at = text.find("rak_")?;
    let name: String =
        text.get(at..)?.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').take(64).collect();
    Some(format!("{name} is missing"))
}

/// What an answer says. One that cannot be read is never guessed at.
fn read<T: DeserializeOwned>(status: u16, id: &str, body: &[u8]) -> Result<T, Failure> {
    if (200..300).contains(&status) {
        return serde_json::from_slice(body).map_err(|error| {
            Failure::Unknown(format!("Stripe's answer is not as documented: {error} (request {id})"))
        });
    }
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &said["error"];
    let code = ["code", "type"].iter().find_map(|part| error[*part].as_str()).unwrap_or("no code");
    let text = format!("Stripe answered {status}, {code} (request {id})");
    Err(match (status, error["type"].as_str()) {
        (404, Some(_)) => Failure::Missing(text),
        (400, Some("idempotency_error")) => Failure::KeyUsed(text),
        // 409: another request with the same key is on its way. 429: too many at once.
        (400 | 402 | 403, Some(_)) => Failure::Refused { code: code.into(), text },
        _ => Failure::Unknown(text),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_permission_that_is_missing_is_named() {
        let said = "{\"error\":{\"message\":\"Having the 'rak_customer_read' permission would allow this\"}}";
        assert_eq!(permission(said.as_bytes()).as_deref(), Some("rak_customer_read is missing"));
        assert_eq!(permission(b"<html>"), None);
    }

    #[test]
    fn only_what_stripe_says_it_has_refused_was_not_done() {
        let told =
            |status, body: Value| read::<Value>(status, "req_1", body.to_string().as_bytes()).unwrap_err();
        let error = |kind: &str| json!({ "error": { "type": kind, "code": "resource_missing" } });
        assert!(
            matches!(told(404, error("invalid_request_error")), Failure::Missing(text) if text.contains("req_1"))
        );
        for status in [400, 402, 403] {
            assert!(
                matches!(told(status, error("invalid_request_error")), Failure::Refused { .. }),
                "{status}"
            );
            assert!(
                matches!(told(status, json!("<html>")), Failure::Unknown(_)),
                "{status} of somebody between"
            );
        }
        for status in [401, 409, 429, 500, 503, 302] {
            assert!(matches!(told(status, error("api_error")), Failure::Unknown(_)), "{status}");
        }
        assert!(matches!(told(400, error("idempotency_error")), Failure::KeyUsed(_)));
        assert!(matches!(told(409, error("idempotency_error")), Failure::Unknown(_)), "it is on its way");
        assert!(
            matches!(read::<u32>(200, "req_1", b"{"), Err(Failure::Unknown(text)) if text.contains("req_1"))
        );
        assert_eq!(read::<u32>(200, "req_1", b"7"), Ok(7));
    }
}
