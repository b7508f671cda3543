//! What a load balancer and a merchant's monitoring are told.

use farewell_server::mail::{self, NewMail};
use farewell_server::store;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use crate::server::{Answer, Running};

async fn deep(server: &Running, key: &str) -> Answer {
    let sent = server.get("/api/health?deep=1").header("x-api-key", key).send().await;
    Answer::of(sent.expect("an answer")).await
}

async fn write_mail(server: &Running, brand: &str) {
    let mail = NewMail {
        brand: brand.into(),
        to: "ada@example.com".into(),
        subject: "A subject".into(),
        text: "A text".into(),
    };
    let now = server.clock.now();
    let written = server.app.sessions.store.write(async move |tx| mail::insert(tx, &mail, now).await);
    written.await.expect("a mail");
}

#[tokio::test]
async fn anybody_is_told_that_the_server_answers_and_nothing_else() {
    let server = Running::start().await;
    for path in ["/api/health", "/api/health?deep=0", "/api/health?deep=", "/api/health?probe=7"] {
        let health = Answer::of(server.get(path).send().await.unwrap()).await.ok();
        assert_eq!(health, json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }));
    }
    for path in ["/api/health?deep=yes", "/api/health?deep=1&deep=0"] {
        assert!(Answer::of(server.get(path).send().await.unwrap()).await.error(400).contains("`deep`"));
    }
}

#[tokio::test]
async fn the_deep_answer_is_for_whoever_has_a_key() {
    let server = Running::start().await;
    let path = "/api/health?deep=1";
    Answer::of(server.get(path).send().await.unwrap()).await.error(401);
    Answer::of(server.get(path).header("x-api-key", "sk_acme_wrong").send().await.unwrap()).await.error(401);
    for request in [
        server.get(path).header("x-brand-key", &server.acme),
        server.get(path).header("x-api-key", &server.acme),
        server.get(path).bearer_auth(&server.acme),
    ] {
        let health = Answer::of(request.send().await.unwrap()).await.ok();
        let empty = json!({ "status": "ok", "pending": 0, "oldest_pending_seconds": null, "failed": 0 });
        assert_eq!(
            health,
            json!({
                "status": "ok",
                "version": env!("CARGO_PKG_VERSION"),
                "database": { "status": "ok" },
                "billing": empty,
                "notifications": empty,
                "webhooks": empty,
                "declarations": { "status": "ok", "open": 0, "overdue": 0 },
            })
        );
    }
}

#[tokio::test]
async fn what_waits_for_more_than_five_minutes_degrades_its_part_for_its_brand() {
    let server = Running::start().await;
    write_mail(&server, "acme").await;
    let waiting = async |server: &Running| deep(server, &server.acme).await.ok()["notifications"].clone();
    server.clock.advance(SignedDuration::from_secs(300));
    let patient = json!({ "status": "ok", "pending": 1, "oldest_pending_seconds": 300, "failed": 0 });
    assert_eq!(waiting(&server).await, patient);
    server.clock.advance(SignedDuration::from_secs(1));
    write_mail(&server, "acme").await;
    let late = json!({ "status": "degraded", "pending": 2, "oldest_pending_seconds": 301, "failed": 0 });
    assert_eq!(waiting(&server).await, late);
    assert_eq!(deep(&server, &server.acme).await.ok()["status"], "degraded");
    let other = deep(&server, &server.globex).await.ok();
    assert_eq!((&other["status"], &other["notifications"]["pending"]), (&json!("ok"), &json!(0)));
}

#[tokio::test]
async fn a_mail_that_was_given_up_is_counted() {
    let server = Running::start().await;
    write_mail(&server, "acme").await;
    let failed = server.app.sessions.store.write(async |tx| {
        sqlx::query("UPDATE mails SET status = 'failed'").execute(tx).await?;
        Ok::<_, store::Error>(())
    });
    failed.await.unwrap();
    let health = deep(&server, &server.acme).await.ok();
    let counted = json!({ "status": "ok", "pending": 0, "oldest_pending_seconds": null, "failed": 1 });
    assert_eq!(health["notifications"], counted);
}

#[tokio::test]
async fn a_database_that_takes_no_changes_is_failing() {
    let server = Running::start().await;
    let file = server.directory.path().join("farewell.db");
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let held = deep(&server, &server.acme).await;
    assert_eq!((held.status, &held.body["status"]), (503, &Value::from("failing")));
    assert_eq!(
        (&held.body["database"]["status"], &held.body["billing"]["status"]),
        (&"failing".into(), &"ok".into())
    );
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(deep(&server, &server.acme).await.status, 200);
}
