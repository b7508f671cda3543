//! What whoever watches the server sees.

use farewell_server::mail::{self, NewMail};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use crate::server::{Answer, Running};

const ON: &str = "[server]\nmetrics = \"127.0.0.1:0\"\n";

async fn watched() -> Running {
    Running::start_with(|text| text.replace("[server]\n", ON)).await
}

async fn scrape(server: &Running) -> String {
    let url = format!("{}/metrics", server.metrics.as_ref().expect("a listener"));
    let answer = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    answer.text().await.unwrap()
}

/// The value of a line of metrics.
#[track_caller]
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name}: {text}")).parse().expect("a number")
}

#[tokio::test]
async fn metrics_are_told_elsewhere_and_only_where_the_configuration_says() {
    let server = watched().await;
    let text = scrape(&server).await;
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert_eq!(server.get("/metrics").send().await.unwrap().status(), 404);
    let elsewhere = format!("{}/api/health", server.metrics.as_ref().unwrap());
    assert_eq!(reqwest::get(elsewhere).await.unwrap().status(), 404);
    assert!(Running::start().await.metrics.is_none());
}

#[tokio::test]
async fn requests_are_counted_by_route_and_no_callers_word_is_a_label() {
    let server = watched().await;
    let session = server.session(1).await;
    server.flow(&session).await.ok();
    let page = server.page_of(&session).await;
    let handle = page.rsplit('/').next().unwrap();
    for path in [page.as_str(), "/c/made-up-handle", "/b/made-up-brand/cancel", "/made/up/path?made=up"] {
        server.get(path).send().await.unwrap();
    }
    let method = Method::from_bytes(b"MADEUP").unwrap();
    server.request(method, "/v1/flow").send().await.unwrap();
    let text = scrape(&server).await;
    for (labels, times) in [
        ("route=\"/v1/retention/session\",method=\"POST\",status=\"200\"", 1.0),
        ("route=\"/v1/flow\",method=\"GET\",status=\"200\"", 2.0),
        ("route=\"/c/{handle}\",method=\"GET\",status=\"200\"", 1.0),
        ("route=\"/c/{handle}\",method=\"GET\",status=\"404\"", 1.0),
        ("route=\"/b/{slug}/cancel\",method=\"GET\",status=\"404\"", 1.0),
        ("route=\"-\",method=\"GET\",status=\"404\"", 1.0),
        ("route=\"/v1/flow\",method=\"other\",status=\"405\"", 1.0),
    ] {
        assert_eq!(value(&text, &format!("farewell_http_requests_total{{{labels}}}")), times);
    }
    let took = "farewell_http_request_duration_seconds";
    assert_eq!(value(&text, &format!("{took}_count{{route=\"/v1/flow\",method=\"GET\"}}")), 2.0);
    assert_eq!(value(&text, &format!("{took}_bucket{{le=\"+Inf\",route=\"/v1/flow\",method=\"GET\"}}")), 2.0);
    for secret in ["made", "MADE", "cus_1", &session, handle] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn what_waits_is_told_with_its_age() {
    let server = watched().await;
    let (mail, now) = (
        NewMail { brand: "acme".into(), to: "a@b.de".into(), subject: "S".into(), text: "T".into() },
        server.clock.now(),
    );
    let written = server.app.sessions.store.write(async move |tx| mail::insert(tx, &mail, now).await);
    written.await.unwrap();
    let declaration = [("name", "Ada"), ("contract", "Pro"), ("email", "nobody@example.net")];
    let sent = server.post("/b/manual/cancel").form(&declaration).send().await.unwrap();
    assert_eq!(sent.status(), 303);
    server.clock.advance(SignedDuration::from_hours(25));
    let text = scrape(&server).await;
    assert_eq!(value(&text, "farewell_queue_pending{queue=\"mails\"}"), 2.0);
    assert_eq!(value(&text, "farewell_queue_oldest_pending_seconds{queue=\"mails\"}"), 90_000.0);
    assert_eq!(value(&text, "farewell_queue_failed{queue=\"mails\"}"), 0.0);
    for queue in ["intents", "handovers"] {
        assert_eq!(value(&text, &format!("farewell_queue_pending{{queue=\"{queue}\"}}")), 0.0);
        assert_eq!(value(&text, &format!("farewell_queue_oldest_pending_seconds{{queue=\"{queue}\"}}")), 0.0);
    }
    assert_eq!(value(&text, "farewell_declarations{state=\"open\"}"), 1.0);
    assert_eq!(value(&text, "farewell_declarations{state=\"overdue\"}"), 1.0);
}

#[tokio::test]
async fn an_intent_that_billing_does_not_answer_is_seen() {
    let server = watched().await;
    let session = server.session(1).await;
    server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(value(&scrape(&server).await, "farewell_queue_pending{queue=\"intents\"}"), 0.0);
    let stuck = server.app.sessions.store.write(async |tx| {
        let sql = "UPDATE intents SET status = 'pending', next_attempt_at = '9999-01-01T00:00:00.000Z'";
        sqlx::query(sql).execute(tx).await?;
        Ok::<_, farewell_server::store::Error>(())
    });
    stuck.await.unwrap();
    server.clock.advance(SignedDuration::from_secs(77));
    let text = scrape(&server).await;
    assert_eq!(value(&text, "farewell_queue_pending{queue=\"intents\"}"), 1.0);
    assert_eq!(value(&text, "farewell_queue_oldest_pending_seconds{queue=\"intents\"}"), 77.0);
    let deep = server.get("/api/health?deep=1").header("x-api-key", &server.acme).send().await.unwrap();
    assert_eq!(Answer::of(deep).await.ok()["billing"]["pending"], 1);
}

#[tokio::test]
async fn the_program_and_its_files_are_told() {
    let server = watched().await;
    let text = scrape(&server).await;
    let version = concat!("farewell_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
    assert_eq!(value(&text, version), 1.0);
    assert_eq!(value(&text, "process_start_time_seconds"), server.clock.now().as_second() as f64);
    assert_eq!(value(&text, "farewell_panics_total"), 0.0);
    let file = std::fs::metadata(server.directory.path().join("farewell.db")).unwrap().len();
    assert_eq!(value(&text, "farewell_database_size_bytes{file=\"database\"}"), file as f64);
    assert!(value(&text, "farewell_database_size_bytes{file=\"log\"}") > 0.0);
}
