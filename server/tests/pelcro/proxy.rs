//! Somebody between a brand and its site: passes on what is asked, and not always once, in time or whole.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::stream;
use reqwest::Client;
use tokio::net::TcpListener;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It does not arrive, and somebody between answers 502.
    Lost,
    /// It is done, and somebody between answers 502.
    Unanswered,
    /// It is done, and half of the answer arrives.
    Truncated,
    /// It is done, and the connection breaks in the middle of the answer.
    Broken,
    /// It arrives twice.
    Twice,
    /// There are too many at once.
    TooMany,
    /// It is answered with 504, and arrives after one request more.
    Late,
    /// It is answered by somebody else, with a page.
    Page,
}

/// A request, to be passed on.
struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Default)]
struct Inner {
    faults: VecDeque<Fault>,
    late: VecDeque<Asked>,
    without_keys: bool,
    asked: Vec<String>,
}

#[derive(Clone)]
pub struct Proxy {
    pub url: String,
    site: String,
    client: Client,
    inner: Arc<Mutex<Inner>>,
}

impl Proxy {
    pub async fn before(site: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let client = Client::builder().no_proxy().build().expect("a client");
        let proxy = Self { url, site: site.into(), client, inner: Arc::default() };
        let router = Router::new().route("/{*path}", any(take)).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        proxy
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to the next requests. No key is passed on, as to Pelcro, which documents none.
    pub fn meet(&self, faults: &[Fault], without_keys: bool) {
        let mut inner = self.inner();
        inner.faults = faults.iter().copied().collect();
        inner.without_keys = without_keys;
    }

    /// Passes on what is late, and nothing goes wrong from then on.
    pub async fn calm(&self) {
        self.inner().faults.clear();
        while let Some(asked) = self.next_late() {
            self.pass(&asked).await;
        }
    }

    /// Method and path of what has arrived here so far.
    pub fn asked(&self) -> Vec<String> {
        self.inner().asked.clone()
    }

    fn next_late(&self) -> Option<Asked> {
        self.inner().late.pop_front()
    }

    async fn pass(&self, asked: &Asked) -> (StatusCode, String) {
        let mut request = self.client.request(asked.method.clone(), format!("{}{}", self.site, asked.path));
        for name in ["authorization", "content-type", "idempotency-key"] {
            let kept = name != "idempotency-key" || !self.inner().without_keys;
            if let (Some(value), true) = (asked.headers.get(name), kept) {
                request = request.header(name, value);
            }
        }
        let answer = request.body(asked.body.clone()).send().await.expect("the site answers");
        (answer.status(), answer.text().await.expect("a body"))
    }
}

async fn take(
    State(proxy): State<Proxy>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let asked = Asked { method, path, headers, body };
    let fault = {
        let mut inner = proxy.inner();
        inner.asked.push(format!("{} {}", asked.method, uri.path()));
        inner.faults.pop_front().unwrap_or(Fault::None)
    };
    let late = proxy.next_late();
    let bad = |status: StatusCode| (status, "<html>").into_response();
    let answer = match fault {
        Fault::Lost => bad(StatusCode::BAD_GATEWAY),
        Fault::TooMany => bad(StatusCode::TOO_MANY_REQUESTS),
        Fault::Page => bad(StatusCode::OK),
        Fault::Late => {
            proxy.inner().late.push_back(asked);
            bad(StatusCode::GATEWAY_TIMEOUT)
        }
        Fault::None => proxy.pass(&asked).await.into_response(),
        Fault::Twice => {
            proxy.pass(&asked).await;
            proxy.pass(&asked).await.into_response()
        }
        Fault::Unanswered => {
            proxy.pass(&asked).await;
            bad(StatusCode::BAD_GATEWAY)
        }
        Fault::Truncated => {
            let (status, mut text) = proxy.pass(&asked).await;
            text.truncate(text.len() / 2);
            (status, text).into_response()
        }
        Fault::Broken => {
            let (status, text) = proxy.pass(&asked).await;
            let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
            let parts = [Ok(half), Err(std::io::Error::other("it breaks"))];
            (status, Body::from_stream(stream::iter(parts))).into_response()
        }
    };
    if let Some(late) = late {
        proxy.pass(&late).await;
    }
    answer
}
