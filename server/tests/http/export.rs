//! What happened as a file: over HTTP, as the command line writes it.

use farewell_server::export::{CancellationRows, Filter, Rows};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::server::{Answer, Running};

async fn file(server: &Running, address: &str) -> (String, String) {
    let answer = server.get(address).bearer_auth(&server.acme).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{address}");
    let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
    let headers = format!("{} {}", header(CONTENT_TYPE), header(CONTENT_DISPOSITION));
    (headers, answer.text().await.unwrap())
}

fn lines(ndjson: &str) -> Vec<Value> {
    ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A run that ended, one that a customer left in the middle, a session of globex, and an event of the sandbox.
async fn busy() -> Running {
    let server = Running::start().await;
    let left = server.session(1).await;
    server.flow(&left).await.ok();
    let actions = json!([
        { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive", "feedback": "=HYPERLINK(\"https://evil.example\")" },
        { "run": 1, "seq": 2, "do": "cancel" },
    ]);
    server.act(&left, actions).await.ok();
    // Of one moment, sessions come in the order of their ids, which are random.
    server.clock.advance(jiff::SignedDuration::from_secs(1));
    server.flow(&server.session(2).await).await.ok();
    let event = json!({
        "eventId": "evt_1", "userId": "user_9", "environment": "sandbox", "reasonKey": "too_expensive",
        "reasonText": "no longer needed",
    });
    let told = server.post("/api/v1/cancellations").bearer_auth(&server.acme).json(&event);
    Answer::of(told.send().await.unwrap()).await.ok();
    server
}

#[tokio::test]
async fn sessions_are_a_file_of_the_brand_s_own() {
    let server = busy().await;
    let (headers, csv) = file(&server, "/v1/export/sessions").await;
    assert_eq!(headers, "text/csv; charset=utf-8; header=present attachment; filename=\"acme-sessions.csv\"");
    let mut rows = csv.lines();
    assert!(rows.next().unwrap().ends_with(",effective_at,metadata"), "{csv}");
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), 2, "{csv}");
    assert!(rows[0].contains(",canceled,") && !csv.contains("HYPERLINK"), "{csv}");

    let (headers, ndjson) = file(&server, "/v1/export/sessions?format=ndjson&withText=true").await;
    assert_eq!(headers, "application/x-ndjson attachment; filename=\"acme-sessions.ndjson\"");
    let rows = lines(&ndjson);
    assert_eq!((&rows[0]["outcome"], &rows[1]["outcome"]), (&json!("canceled"), &Value::Null));
    assert_eq!(rows[0]["feedback"], "=HYPERLINK(\"https://evil.example\")");

    let (_, csv) = file(&server, "/v1/export/sessions?withText=true").await;
    assert!(csv.contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""), "no formula: {csv}");

    let answer = server.get("/v1/export/sessions").bearer_auth(&server.globex).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap().lines().count(), 1, "nothing of another brand");
}

#[tokio::test]
async fn the_ledger_is_a_file_and_environments_are_kept_apart() {
    let server = busy().await;
    let (_, ndjson) = file(&server, "/v1/export/cancellations?format=ndjson").await;
    let rows = lines(&ndjson);
    assert_eq!((rows.len(), &rows[0]["source"]), (1, &json!("flow")));
    let (headers, ndjson) =
        file(&server, "/v1/export/cancellations?format=ndjson&environment=sandbox&withText=true").await;
    assert_eq!(headers, "application/x-ndjson attachment; filename=\"acme-cancellations.ndjson\"");
    let rows = lines(&ndjson);
    assert_eq!((rows.len(), &rows[0]["event_id"]), (1, &json!("evt_1")));
    assert_eq!(rows[0]["reason_text"], "no longer needed");
    let (_, csv) = file(&server, "/v1/export/cancellations?until=2026-11-21T12:00:00Z").await;
    assert_eq!(csv.lines().count(), 1, "before it all: {csv}");
}

#[tokio::test]
async fn an_export_that_is_asked_for_wrongly_names_each_mistake() {
    let server = Running::start().await;
    for path in ["/v1/export/sessions", "/v1/export/cancellations"] {
        let address = format!("{path}?format=xlsx&withText=1&since=yesterday&outcome=saved");
        let answer = server.get(&address).bearer_auth(&server.acme).send().await.unwrap();
        let answer = Answer::of(answer).await;
        let error = answer.error(400);
        for name in ["`format`", "`withText`", "`since`", "`outcome`"] {
            assert!(error.contains(name), "{name}: {error}");
        }
        assert_eq!(server.get(path).send().await.unwrap().status(), 401, "{path}");
    }
}

/// What is read at once is held for as long as whoever asked for it does not read on.
#[tokio::test]
async fn a_reader_who_stops_holds_little_of_a_large_ledger() {
    let server = Running::start().await;
    for n in 0..60 {
        let event = json!({
            "eventId": format!("evt_{n}"), "userId": "u", "reasonKey": "r", "metadata": { "notes": "x".repeat(16_000) },
        });
        let told = server.post("/api/v1/cancellations").bearer_auth(&server.acme).json(&event);
        Answer::of(told.send().await.unwrap()).await.ok();
    }
    let mut rows = CancellationRows::new(server.app.sessions.store.clone(), Filter::default());
    let mut read = Vec::new();
    while let Some(page) = rows.next_page().await.unwrap() {
        let held: usize = page.iter().map(|row| json!(row).to_string().len()).sum();
        assert!(held < 1 << 20, "{held} bytes at once");
        read.extend(page.into_iter().map(|row| row.event_id));
    }
    assert_eq!(read, (0..60).map(|n| format!("evt_{n}")).collect::<Vec<_>>());
}
