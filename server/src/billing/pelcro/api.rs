//! Pelcro's Open API, as a customer's own browser asks it.

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

use super::refusal;
use crate::brand::PelcroSite;
use crate::outbox;
use crate::secret::SecretText;

/// How much of an answer is read, in bytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// Asks for one site.
#[derive(Debug)]
pub(super) struct Api {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    site: PelcroSite,
    answer_within: Duration,
}

/// Why there is no answer that could be used. The texts are for a developer; no customer is named in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// The token is of no use, or not any more. Nothing was changed.
    #[error(
        "the customer's token has expired, or Pelcro does not take it: send customer_token with a new session"
    )]
    Token,
    /// A rule forbids it. Nothing was changed.
    #[error("Pelcro: {0}")]
    Refused(String),
    /// Nobody knows what was done: ask again.
    #[error("{0}")]
    Unknown(String),
}

impl Api {
    /// Makes everything ready. Nothing is connected yet.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub(super) fn new(site: PelcroSite, answer_within: Duration) -> Result<Self, String> {
        let tls = HttpsConnectorBuilder::new().try_with_platform_verifier().map_err(|error| {
            format!("the system's trusted certificates cannot be read: {error}; install ca-certificates.")
        })?;
        let http =
            legacy::Client::builder(TokioExecutor::new()).build(tls.https_or_http().enable_http1().build());
        Ok(Self { http, site, answer_within })
    }

    /// Reads something.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &SecretText,
    ) -> Result<T, Failure> {
        self.ask(Method::GET, path, token, None, None).await
    }

    /// Asks what something would mean. Nothing is changed.
    pub(super) async fn preview<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &SecretText,
        body: &Value,
    ) -> Result<T, Failure> {
        self.ask(Method::POST, path, token, Some(body), None).await
    }

    /// Changes something. The key goes along; nobody says that Pelcro looks at it.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &SecretText,
        body: &Value,
        key: &str,
    ) -> Result<T, Failure> {
        self.ask(Method::POST, path, token, Some(body), Some(key)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        token: &SecretText,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<T, Failure> {
        let url = self.site.api.join(&format!("api/v1/sdk/{path}"));
        let mut url = url.map_err(|error| Failure::Unknown(error.to_string()))?;
        url.query_pairs_mut().append_pair("site_id", &self.site.site_id.to_string());
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("farewell/", env!("CARGO_PKG_VERSION")));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        // What is wrong with a request could name the token.
        let request = request.body(Full::from(body));
        let request = request.map_err(|_| Failure::Unknown("Pelcro cannot be asked so".into()))?;
        match tokio::time::timeout(self.answer_within, self.send(request, token)).await {
            Ok(answered) => answered,
            Err(_) => Err(Failure::Unknown(format!(
                "Pelcro did not answer within {} seconds",
                self.answer_within.as_secs_f32()
            ))),
        }
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: Request<Full<Bytes>>,
        token: &SecretText,
    ) -> Result<T, Failure> {
        let answer = self.http.request(request).await;
        let answer =
            answer.map_err(|error| Failure::Unknown(format!("Pelcro: {}", outbox::unreachable(&error))))?;
        let status = answer.status().as_u16();
        let id = answer.headers().get("X-Request-Id").and_then(|id| id.to_str().ok());
        // Of letters and digits, so that it can stand in a log.
        let id: String = id
            .unwrap_or("without an id")
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "_- ".contains(*c))
            .take(64)
            .collect();
        let body = Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await;
        let body = body.map_err(|_| Failure::Unknown(format!("Pelcro's answer broke off (request {id})")))?;
        let body = body.to_bytes();
        if (200..300).contains(&status) {
            return read(&id, &body);
        }
        Err(refusal::read(status, &id, &body, token))
    }
}

/// What an answer says. One that cannot be read is never guessed at, and what is in it is not repeated.
fn read<T: DeserializeOwned>(id: &str, body: &[u8]) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| error.path().to_string());
    read.and_then(|read| json.end().map(|()| read).map_err(|_| ".".into())).map_err(|path| {
        Failure::Unknown(format!("Pelcro's answer is not as documented at `{path}` (request {id})"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_unknown_and_not_repeated() {
        assert_eq!(read::<Vec<u32>>("r1", b"[7]"), Ok(vec![7]));
        for wrong in [&b"[7"[..], b"<html>ada@example.com", b"[\"ada@example.com\"]", b"[7] ada@example.com"]
        {
            let Err(Failure::Unknown(why)) = read::<Vec<u32>>("r1", wrong) else { panic!("read") };
            assert!(why.contains("r1") && !why.contains("ada"), "{why}");
        }
    }
}
