//! A merchant's backend that takes webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::routing::post;
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::server::Running;

/// What was posted.
#[derive(Clone, Debug)]
pub struct Post {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Post {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("a text")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The session's id, which is empty where there is none, and the event's type.
    pub fn told(&self) -> (String, String) {
        let json = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&json["data"]["sessionId"]), text(&json["type"]))
    }

    /// The signature another library makes of what was posted.
    pub fn signature_with(&self, secret: &str) -> String {
        let timestamp = self.header("webhook-timestamp").parse().expect("seconds");
        let webhook = Webhook::new(secret).expect("a secret");
        webhook.sign(self.header("webhook-id"), timestamp, &self.body).expect("a signature")
    }
}

/// How it answers: with a status and a header, or not before it is told to.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Status(u16),
    With(u16, &'static str, &'static str),
    /// 200, with this body.
    Says(&'static str),
    Never,
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    posts: Arc<Mutex<Vec<Post>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    usual: Reply,
}

impl Receiver {
    pub async fn start() -> Self {
        Self::answering(&[], Reply::Status(204)).await
    }

    /// Answers like this at first, and as usual afterwards.
    pub async fn answering(first: &[Reply], usual: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/webhooks", listener.local_addr().expect("an address"));
        let replies = Arc::new(Mutex::new(first.iter().copied().collect()));
        let receiver = Self { url, posts: Arc::default(), replies, usual };
        let router = Router::new()
            .route("/webhooks", post(take))
            .route("/elsewhere", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().expect("the posts").clone()
    }

    /// What was posted, once that is this much.
    pub async fn until(&self, count: usize) -> Vec<Post> {
        let seen = async {
            while self.posts().len() < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), seen).await;
        let posts = self.posts();
        assert!(waited.is_ok() && posts.len() == count, "{count} were expected: {posts:#?}");
        posts
    }

    /// The table of the configuration that names it. It is told of sessions, unless `more` says of what.
    pub fn table(&self, more: &str) -> String {
        let events =
            "events = [\"session.completed\", \"session.settled\", \"offer.accepted\", \"receipt.issued\"]";
        let events = if more.contains("events") { "" } else { events };
        format!("[[brand.webhook]]\nurl = \"{}\"\n{events}\n{more}\n", self.url)
    }
}

async fn take(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, &'static str) {
    receiver.posts.lock().expect("the posts").push(Post { headers, body });
    let reply = receiver.replies.lock().expect("the replies").pop_front().unwrap_or(receiver.usual);
    let (mut headers, mut said) = (HeaderMap::new(), "");
    let status = match reply {
        Reply::Says(body) => {
            said = body;
            200
        }
        Reply::Status(status) => status,
        Reply::With(status, name, value) => {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            status
        }
        Reply::Never => std::future::pending().await,
    };
    (StatusCode::from_u16(status).expect("a status"), headers, said)
}

/// The configuration of the tests with these tables in acme's, on a server that may reach this machine.
pub fn configure(text: &str, tables: &str) -> String {
    without_private(text, tables).replacen("[server]", "[server]\nprivate_webhooks = true", 1)
}

/// The same on a server that may not.
pub fn without_private(text: &str, tables: &str) -> String {
    text.replacen("[[brand.reason]]", &format!("{tables}\n[[brand.reason]]"), 1)
}

/// A server whose acme has this receiver.
pub async fn server_with(receiver: &Receiver) -> Running {
    let table = receiver.table("");
    Running::start_with(|text| configure(&text, &table)).await
}
