//! Receipts that are handed to the merchant, who sends them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use farewell_server::clock::{self, Clock};
use farewell_server::serve::Server;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::server::{NOW, Running, config};

/// What was posted: the signature's header, and the body.
type Posts = Arc<Mutex<Vec<(String, Bytes)>>>;

/// A merchant's backend that takes receipts, after it has answered these.
struct Merchant {
    url: String,
    posts: Posts,
}

#[derive(Clone)]
struct Inside {
    posts: Posts,
    first: Arc<Mutex<VecDeque<u16>>>,
}

impl Merchant {
    async fn start(first: &[u16]) -> Self {
        let posts = Posts::default();
        let first = Arc::new(Mutex::new(first.iter().copied().collect()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/receipts?shop=1", listener.local_addr().unwrap());
        let inside = Inside { posts: posts.clone(), first };
        let router = Router::new().route("/receipts", post(take)).with_state(inside);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, posts }
    }

    /// What was posted that is no ping.
    fn receipts(&self) -> Vec<(String, Bytes)> {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter(|(_, body)| body.as_ref() != br#"{"type":"ping"}"#).cloned().collect()
    }
}

async fn take(State(inside): State<Inside>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/json");
    let signature = headers["farewell-signature"].to_str().unwrap().to_owned();
    inside.posts.lock().unwrap().push((signature, body));
    let first = inside.first.lock().unwrap().pop_front();
    StatusCode::from_u16(first.unwrap_or(204)).unwrap()
}

fn configure(url: &str, text: &str) -> String {
    text.replacen("[[brand]]", &format!("[[brand]]\nreceipts = \"merchant\"\nreceipt_url = \"{url}\""), 1)
}

async fn cancel(server: &Running) -> String {
    let session = server.session(1).await;
    let done = server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    done["result"]["receipt"]["reference"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_merchant_gets_the_receipt_signed_as_a_whole() {
    let merchant = Merchant::start(&[]).await;
    let server = Running::start_with(|text| configure(&merchant.url, &text)).await;
    let reference = cancel(&server).await;
    server.until("handovers", "sent", 1).await;
    let receipts = merchant.receipts();
    let [(signature, body)] = receipts.as_slice() else { panic!("{receipts:?}") };
    let (typ, claims) = server.verified(signature).await;
    assert_eq!(typ, "handover+jwt");
    assert_eq!(claims["sha256"], URL_SAFE_NO_PAD.encode(Sha256::digest(body)));
    let handed: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(handed["type"], "receipt.issued");
    assert_eq!(handed["to"], "c1@example.com");
    assert_eq!(handed["subject"], format!("Your cancellation has been received · {reference}"));
    assert!(handed["text"].as_str().unwrap().contains(&format!("Reference: {reference}")));
    let (typ, receipt) = server.verified(handed["signed"].as_str().unwrap()).await;
    assert_eq!((typ.as_str(), &receipt), ("receipt+jwt", &handed["receipt"]));
    assert_eq!(receipt["reference"], reference);
    assert!(server.outbox("mails").await.is_empty());
}

#[tokio::test]
async fn a_receipt_waits_for_a_merchant_who_fails() {
    let merchant = Merchant::start(&[500, 302, 500]).await;
    let server = Running::start_with(|text| configure(&merchant.url, &text)).await;
    cancel(&server).await;
    for attempt in 1.. {
        let rows = server.outbox("handovers").await;
        if rows[0].0 == "sent" {
            break;
        }
        assert!(attempt < 200, "{rows:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        server.clock.advance(SignedDuration::from_mins(5));
    }
    let receipts = merchant.receipts();
    assert_eq!(receipts.len(), 4, "three were refused");
    assert!(receipts.iter().all(|(_, body)| *body == receipts[0].1), "the same each time");
    let jti = server.verified(&receipts[0].0).await.1["jti"].clone();
    for (signature, _) in &receipts {
        assert_eq!(server.verified(signature).await.1["jti"], jti);
    }
}

#[tokio::test]
async fn a_brand_that_sells_in_france_does_not_start_without_a_merchant_who_takes_receipts() {
    let refused = async |url: &str, market: &str| {
        let directory = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = config(directory.path(), "http://127.0.0.1:1", |text| {
            configure(url, &text).replacen("[[brand]]", &format!("[[brand]]\nmarkets = [\"{market}\"]"), 1)
        });
        let clock = Clock::manual(clock::parse(NOW).unwrap());
        Server::on(listener, config, clock).await.err().map(|error| error.to_string())
    };
    let merchant = Merchant::start(&[]).await;
    assert_eq!(refused(&merchant.url, "FR").await, None);
    let posts = merchant.posts.lock().unwrap().clone();
    assert_eq!((posts.len(), posts[0].1.as_ref()), (1, br#"{"type":"ping"}"#.as_slice()));
    assert_eq!(posts[0].0.split('.').count(), 3, "a ping is signed");
    let broken = Merchant::start(&[500]).await;
    let why = refused(&broken.url, "FR").await.unwrap();
    for word in ["brand \"acme\"", "L215-1-1", "`receipt_url`", "500", "2xx"] {
        assert!(why.contains(word), "{word}: {why}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let why = refused(&format!("http://{nobody}/"), "FR").await.unwrap();
    assert!(why.contains("cannot be reached"), "{why}");
    assert_eq!(refused(&format!("http://{nobody}/"), "US").await, None);
}
