//! Who is told: by mail, and by webhook.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::Value;
use sqlx::sqlite::SqlitePool;

use crate::mail_server::MailServer;

/// A merchant's backend that takes webhooks: their ids and bodies, in the order in which they came.
#[derive(Default)]
pub struct Webhooks(Arc<Mutex<Vec<(String, Bytes)>>>);

impl Webhooks {
    /// Starts it. Gives its address too.
    pub async fn start() -> (Self, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let webhooks = Self::default();
        let posts = webhooks.0.clone();
        let take = async move |headers: HeaderMap, body: Bytes| {
            let id = headers["webhook-id"].to_str().expect("an id").to_owned();
            posts.lock().expect("the posts").push((id, body));
        };
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/", post(take))).await });
        (webhooks, url)
    }
}

/// Looks whether every receipt was mailed, and whether a repeat can be told by its Message-ID.
pub async fn check_mails(database: &SqlitePool, mails: &MailServer) {
    let pending = "SELECT count(*) FROM mails WHERE status <> 'sent'";
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(pending).fetch_one(database).await.expect("a count") > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "mails are left");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let receipts: Vec<String> =
        sqlx::query_scalar("SELECT reference FROM receipts").fetch_all(database).await.expect("receipts");
    let sent = mails.sent();
    let id = |message: &str| {
        message.lines().find(|line| line.starts_with("Message-ID: ")).map(str::to_owned).expect("an id")
    };
    let ids: HashSet<String> = sent.iter().map(|mail| id(&mail.message)).collect();
    println!(
        "{} receipts, {} mails, {} of them repeated",
        receipts.len(),
        sent.len(),
        sent.len() - ids.len()
    );
    assert_eq!(ids.len(), receipts.len(), "one mail for each receipt");
    for reference in receipts {
        assert!(sent.iter().any(|mail| mail.message.contains(&reference)), "{reference} was mailed");
    }
}

/// Looks whether everything that happened was told, whether a repeat can be told by its id, and whether what is told of a session
/// came in its order. Gives what was told of hubs, in the order in which it came first.
pub async fn check_webhooks(database: &SqlitePool, webhooks: &Webhooks) -> Vec<Value> {
    let pending = "SELECT count(*) FROM webhooks WHERE status <> 'sent'";
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(pending).fetch_one(database).await.expect("a count") > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "webhooks are left");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let posts = webhooks.0.lock().expect("the posts").clone();
    let mut first: Vec<(String, Value)> = Vec::new();
    for (id, body) in &posts {
        let body: Value = serde_json::from_slice(body).expect("JSON");
        match first.iter().find(|(known, _)| known == id) {
            Some((_, known)) => assert_eq!(*known, body, "a repeat is the same"),
            None => first.push((id.clone(), body)),
        }
    }
    println!("{} webhooks, {} of them repeated", first.len(), posts.len() - first.len());
    let (ledger, first): (Vec<_>, Vec<_>) = first
        .into_iter()
        .partition(|(_, body)| body["type"].as_str().is_some_and(|kind| kind.starts_with("cancellation.")));
    check_ledger(database, ledger.into_iter().map(|(_, body)| body)).await;
    let (hubs, first): (Vec<_>, Vec<_>) =
        first.into_iter().partition(|(_, body)| body["type"] == "subscription.changed");
    let mut told: BTreeMap<(String, i64), Vec<String>> = BTreeMap::new();
    for (_, body) in first {
        let data = &body["data"];
        let session = data["sessionId"].as_str().expect("a session").to_owned();
        let kind = body["type"].as_str().expect("a type").to_owned();
        told.entry((session, data["run"].as_i64().expect("a run"))).or_default().push(kind);
    }
    let outcomes: Vec<(String, i64, Option<String>)> =
        sqlx::query_as("SELECT session, run, offer_id FROM outcomes")
            .fetch_all(database)
            .await
            .expect("outcomes");
    assert_eq!(told.len(), outcomes.len(), "nothing is told that did not happen");
    for (session, run, offer) in outcomes {
        let mut all = vec!["session.completed", "receipt.issued", "session.settled"];
        if offer.is_some() {
            all.insert(1, "offer.accepted");
        }
        assert_eq!(told[&(session, run)], all, "each once, in its order");
    }
    hubs.into_iter().map(|(_, body)| body).collect()
}

/// Looks whether every entry of the ledger of cancellations was told as a new one, once, and as what it is now at last.
async fn check_ledger(database: &SqlitePool, told: impl Iterator<Item = Value>) {
    let mut entries: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for body in told {
        let event = body["data"]["eventId"].as_str().expect("an event").to_owned();
        entries.entry(event).or_default().push(body);
    }
    let kept: Vec<(String, Option<String>)> = sqlx::query_as("SELECT event_id, outcome FROM cancellations")
        .fetch_all(database)
        .await
        .expect("a ledger");
    println!("{} cancellations", kept.len());
    assert_eq!(entries.len(), kept.len(), "nothing is told that is not there");
    for (event, outcome) in kept {
        let told = &entries[&event];
        let kinds: Vec<_> = told.iter().map(|body| body["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds[0], "cancellation.created");
        assert!(kinds[1..].iter().all(|kind| *kind == "cancellation.updated"), "{kinds:?}");
        let last = &told.last().expect("an event")["data"]["outcome"];
        assert_eq!(last.as_str(), outcome.as_deref(), "as it is now");
    }
}
