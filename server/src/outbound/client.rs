use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::connector::Guarded;
use super::{key_name, signature};
use crate::clock::Clock;
use crate::config::Config;
use crate::keys::KeyFile;
use crate::outbox;

/// How long an endpoint may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes.
const MOST_READ: usize = 4096;

/// Posts signed webhooks.
///
/// Redirects are not followed. Unless the configuration allows it, nothing on this machine or in private networks is reached.
#[derive(Debug)]
pub struct Client {
    http: legacy::Client<HttpsConnector<Guarded>, Full<Bytes>>,
    keys: PathBuf,
    clock: Clock,
}

/// What an endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// For how long it asks to be left alone.
    pub retry_after: Option<SignedDuration>,
    /// The first 4 KiB of what it said, as far as that came in time.
    pub text: String,
}

impl Answer {
    /// Whether the endpoint has taken it.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Client {
    /// Makes everything ready. Nothing is connected yet.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub fn new(config: &Config, clock: Clock) -> Result<Self, String> {
        let tls = HttpsConnectorBuilder::new().try_with_platform_verifier().map_err(|error| {
            format!("the system's trusted certificates cannot be read: {error}; install ca-certificates.")
        })?;
        let guarded = Guarded::new(config.server.private_webhooks);
        let connector = tls.https_or_http().enable_http1().wrap_connector(guarded);
        let http = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { http, keys: config.server.keys.clone(), clock })
    }

    /// Posts a body, signed with the brand's secrets as they are now. The id is the same for every attempt.
    ///
    /// # Errors
    /// Why there is no answer. The address is not in it.
    pub async fn post(&self, brand: &str, url: &Url, id: &str, body: &str) -> Result<Answer, String> {
        // Read each time, so that a secret that was rotated is used without a restart.
        let keys = KeyFile::open(&self.keys, &key_name(brand)).map_err(|error| error.to_string())?;
        let timestamp = self.clock.now().as_second();
        let request = Request::post(url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("farewell/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature::sign(&keys, id, timestamp, body))
            .body(Full::from(body.to_owned()))
            .map_err(|error| error.to_string())?;
        let deadline = Instant::now() + ANSWER_WITHIN;
        match timeout_at(deadline, self.http.request(request)).await {
            Ok(Ok(answer)) => Ok(self.read(answer, deadline).await),
            Ok(Err(error)) => Err(outbox::unreachable(&error)),
            Err(_) => Err(format!("it did not answer within {} seconds", ANSWER_WITHIN.as_secs())),
        }
    }

    async fn read(&self, answer: Response<Incoming>, deadline: Instant) -> Answer {
        let retry_after = retry_after(answer.headers(), self.clock.now());
        let status = answer.status().as_u16();
        let (mut body, mut read) = (answer.into_body(), Vec::new());
        // The status is what counts: what is late, broken off or too much is left.
        while read.len() < MOST_READ
            && let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await
        {
            read.extend(frame.into_data().unwrap_or_default());
        }
        read.truncate(MOST_READ);
        Answer { status, retry_after, text: String::from_utf8_lossy(&read).into_owned() }
    }
}

/// What `Retry-After` says: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<u32>() {
        Ok(seconds) => Some(SignedDuration::from_secs(seconds.into())),
        Err(_) => Some(rfc2822::parse(text).ok()?.timestamp().duration_since(now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = clock::parse("2026-11-21T12:00:00Z").unwrap();
        let said = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(said("120"), Some(120));
        assert_eq!(said("Sat, 21 Nov 2026 13:00:00 GMT"), Some(3600));
        assert_eq!(said("Sat, 21 Nov 2026 11:00:00 GMT"), Some(-3600));
        assert_eq!((said("soon"), said("-5"), said("")), (None, None, None));
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
