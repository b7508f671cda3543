//! What has been kept for long enough goes, and nothing else does.

use farewell_server::clock::{self, Clock};
use farewell_server::mail::{self, NewMail};
use farewell_server::store::{Error, Tx};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::server::Running;

/// Long enough ago for the law to have no interest in it any more.
async fn long_ago() -> Running {
    let clock = Clock::manual(clock::parse("2015-06-01T12:00:00Z").unwrap());
    Running::start_in(tempfile::tempdir().unwrap(), clock).await
}

/// What merchants have told, and are told: with periods of their own, which have a test of their own.
const OF_MERCHANTS: [&str; 4] = ["links", "cancellations", "ledger_texts", "webhooks"];

/// Lets days pass and purges. Gives the kinds of which something went, but those of merchants.
async fn after(server: &Running, days: i64) -> Vec<(&'static str, u64)> {
    let mut purged = all_after(server, days).await;
    purged.retain(|(kind, _)| !OF_MERCHANTS.contains(kind));
    purged
}

/// The same with them.
async fn all_after(server: &Running, days: i64) -> Vec<(&'static str, u64)> {
    server.clock.advance(SignedDuration::from_hours(24 * days));
    let purged = server.app.purge.once().await;
    purged.into_iter().filter(|(_, rows)| *rows > 0).map(|(kind, rows)| (kind.name(), rows)).collect()
}

async fn change(server: &Running, sql: &'static str) {
    let work = async move |tx: &mut Tx| sqlx::query(sql).execute(tx).await.map(drop).map_err(Error::from);
    server.app.sessions.store.write(work).await.expect(sql);
}

async fn count(server: &Running, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(server.app.sessions.store.read()).await.expect(sql)
}

/// How many rows any table has of sessions.
async fn rows_of_sessions(server: &Running) -> i64 {
    let sql = "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM actions) + (SELECT count(*) FROM outcomes) \
         + (SELECT count(*) FROM intents) + (SELECT count(*) FROM offers_made) + (SELECT count(*) FROM receipts)";
    count(server, sql).await
}

async fn act(server: &Running, customer: u32, actions: &[Value]) -> String {
    let session = server.session(customer).await;
    let mut actions = actions.to_vec();
    for (index, action) in actions.iter_mut().enumerate() {
        action["run"] = 1.into();
        action["seq"] = (index + 1).into();
    }
    server.act(&session, actions.into()).await.ok();
    session
}

const TYPED: &str = "Far too dear for Ada";

fn survey() -> Value {
    json!({ "do": "leave", "reason": "too_expensive", "follow_up.too_expensive": TYPED, "feedback": TYPED })
}

#[tokio::test]
async fn sessions_go_by_what_came_of_them_and_with_their_receipts() {
    let server = long_ago().await;
    let shown = json!({ "do": "shown" });
    server.flow(&server.session(1).await).await.ok();
    act(&server, 2, &[shown.clone(), json!({ "do": "close" })]).await;
    act(&server, 3, &[shown.clone(), json!({ "do": "keep" })]).await;
    let left = act(&server, 4, &[shown, survey(), json!({ "do": "cancel" })]).await;
    let page = server.page_of(&left).await;
    assert_eq!(server.count("sessions").await, 4);

    assert_eq!(after(&server, 29).await, []);
    assert_eq!(after(&server, 2).await, [("unopened", 1)]);
    assert_eq!(after(&server, 368).await, []);
    assert_eq!(after(&server, 2).await, [("aborted", 1), ("sessions", 1), ("free_text", 1)]);
    // The receipt stands, with all that led to it but what was typed into the survey.
    assert_eq!(server.count("sessions").await, 1);
    let receipt = server.get(&format!("{page}/receipt")).send().await.unwrap();
    assert_eq!(receipt.status(), 200);
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT state FROM sessions UNION ALL SELECT content FROM actions")
            .fetch_all(server.app.sessions.store.read())
            .await
            .unwrap();
    assert!(kept.iter().any(|text| text.contains("too_expensive")), "{kept:?}");
    assert!(!kept.iter().any(|text| text.contains("dear")), "{kept:?}");
    assert_eq!(after(&server, 400).await, [], "once is enough");

    assert_eq!(after(&server, 7 * 365 + 2 - 801 - 1).await, []);
    assert_eq!(after(&server, 2).await, [("receipts", 1), ("sessions", 1)]);
    assert_eq!(rows_of_sessions(&server).await, 0);
}

#[tokio::test]
async fn nothing_goes_that_something_waits_for() {
    let server = long_ago().await;
    act(&server, 4, &[json!({ "do": "shown" }), survey(), json!({ "do": "cancel" })]).await;
    change(&server, "UPDATE intents SET status = 'pending', next_attempt_at = '9999-01-01T00:00:00.000Z'")
        .await;
    let mail = NewMail { brand: "acme".into(), to: "a@b.de".into(), subject: "S".into(), text: "T".into() };
    let now = server.clock.now();
    let written = server.app.sessions.store.write(async move |tx| {
        mail::insert(tx, &mail, now).await?;
        mail::insert(tx, &mail, now).await
    });
    written.await.unwrap();
    // One waits for the mail server, the other tells of a receipt that may have to be taken back.
    change(&server, "UPDATE mails SET next_attempt_at = '9999-01-01T00:00:00.000Z'").await;
    change(
        &server,
        "UPDATE mails SET status = 'sent', receipt = (SELECT reference FROM receipts) \
         WHERE id = (SELECT min(id) FROM mails)",
    )
    .await;
    let form = [("name", "Ada"), ("contract", "Pro"), ("email", "c1@example.com")];
    server.post("/b/manual/cancel").form(&form).send().await.unwrap();
    change(&server, "UPDATE mails SET next_attempt_at = '9999-01-01T00:00:00.000Z'").await;
    assert_eq!(after(&server, 20 * 365).await, []);

    change(&server, "UPDATE intents SET status = 'applied'").await;
    assert_eq!(after(&server, 0).await, [("receipts", 1), ("sessions", 1), ("mails", 1)]);
    change(&server, "UPDATE declarations SET status = 'dismissed'").await;
    change(&server, "UPDATE mails SET status = 'failed'").await;
    assert_eq!(after(&server, 0).await, [("mails", 2), ("declarations", 1)]);
    assert_eq!((rows_of_sessions(&server).await, server.count("declarations").await), (0, 0));
}

#[tokio::test]
async fn many_rows_go_and_each_that_waits_between_them_stays() {
    let server = long_ago().await;
    let now = server.clock.now();
    let written = server.app.sessions.store.write(async move |tx| {
        for n in 0..330 {
            let (to, text) = (format!("p{n}@example.com"), "T".into());
            let mail = NewMail { brand: "acme".into(), to, subject: n.to_string(), text };
            mail::insert(tx, &mail, now).await?;
        }
        let sql = "UPDATE mails SET next_attempt_at = '9999-01-01T00:00:00.000Z', status = \
             CASE WHEN CAST(subject AS INTEGER) % 3 = 0 THEN 'pending' ELSE 'sent' END";
        sqlx::query(sql).execute(tx).await.map_err(Error::from)
    });
    written.await.unwrap();
    assert_eq!(after(&server, 401).await, [("mails", 220)]);
    assert_eq!(count(&server, "SELECT count(*) FROM mails WHERE status = 'pending'").await, 110);
    assert_eq!(server.count("mails").await, 110);
}

#[tokio::test]
async fn a_clock_that_runs_ahead_deletes_no_receipt_and_the_rest_goes_on() {
    let clock = Clock::manual(Timestamp::now());
    let server = Running::start_in(tempfile::tempdir().unwrap(), clock).await;
    act(&server, 1, &[json!({ "do": "shown" }), json!({ "do": "cancel" })]).await;
    act(&server, 2, &[json!({ "do": "shown" }), json!({ "do": "close" })]).await;
    assert_eq!(after(&server, 20 * 365).await, [("aborted", 1), ("free_text", 1)]);
    assert_eq!(count(&server, "SELECT count(*) FROM receipts").await, 1);
}

#[tokio::test]
async fn periods_are_the_configurations() {
    let server = long_ago().await;
    act(&server, 1, &[json!({ "do": "shown" }), json!({ "do": "close" })]).await;
    act(&server, 2, &[json!({ "do": "shown" }), json!({ "do": "cancel" })]).await;
    let clock = server.clock.clone();
    let directory = server.stop().await;
    let periods = "[server.retention]\naborted = \"forever\"\nreceipts = \"3 years\"\n\n[[brand]]";
    let server = Running::start_as(directory, clock, |text| text.replacen("[[brand]]", periods, 1)).await;
    assert_eq!(after(&server, 3 * 365).await, [("free_text", 2)]);
    assert_eq!(after(&server, 2).await, [("receipts", 1), ("sessions", 1)]);
    assert_eq!(after(&server, 40 * 365).await, []);
    assert_eq!(server.count("sessions").await, 1);
}

#[tokio::test]
async fn what_went_is_told_in_metrics() {
    let server = long_ago().await;
    server.flow(&server.session(1).await).await.ok();
    server.clock.advance(SignedDuration::from_hours(24 * 31));
    let purged = server.app.purge.once().await;
    server.app.metrics.purged(&purged);
    let text = server.app.metrics.text(&server.app).await.unwrap();
    assert!(text.contains("farewell_purged_total{kind=\"unopened\"} 1\n"), "{text}");
    assert!(text.contains("farewell_purged_total{kind=\"mails\"} 0\n"), "{text}");
}

#[tokio::test]
async fn links_the_ledger_and_webhooks_go_each_in_its_time() {
    let clock = Clock::manual(clock::parse("2015-06-01T12:00:00Z").unwrap());
    let server = Running::start_as(tempfile::tempdir().unwrap(), clock, |text| {
        let webhook = "[[brand.webhook]]\nurl = \"http://127.0.0.1:1/\"\nevents = [\"cancellation.created\"]\n\n[[brand.reason]]";
        text.replacen("[[brand.reason]]", webhook, 1).replacen("[server]", "[server]\nprivate_webhooks = true", 1)
    })
    .await;
    let told = |path: &str, body: Value| server.post(path).bearer_auth(&server.acme).json(&body).send();
    let link = json!({ "userId": "u", "returnUrl": crate::server::RETURN });
    assert_eq!(told("/api/v1/cancel-link", link).await.unwrap().status(), 200);
    let event = json!({ "eventId": "e1", "userId": "u", "reasonKey": "unused", "reasonText": TYPED });
    assert_eq!(told("/api/v1/cancellations", event).await.unwrap().status(), 200);
    act(&server, 3, &[json!({ "do": "keep" })]).await;
    // One waits for its endpoint, the other was given up.
    let given_up = "UPDATE webhooks SET status = CASE WHEN subject = 'e1' THEN 'failed' ELSE 'pending' END, \
         next_attempt_at = '9999-01-01T00:00:00.000Z'";
    change(&server, given_up).await;

    assert_eq!(all_after(&server, 31).await, [("links", 1)]);
    assert_eq!(all_after(&server, 60).await, [("webhooks", 1)]);
    assert_eq!(all_after(&server, 310).await, [("sessions", 1), ("ledger_texts", 1)]);
    assert_eq!(count(&server, "SELECT count(*) FROM cancellations").await, 2, "each without its session");
    assert_eq!(all_after(&server, 3 * 365 - 401).await, []);
    assert_eq!(all_after(&server, 2).await, [("cancellations", 2)]);
    change(&server, "UPDATE webhooks SET status = 'sent'").await;
    assert_eq!(all_after(&server, 0).await, [("webhooks", 1)]);
    assert_eq!(count(&server, "SELECT count(*) FROM webhooks").await, 0);
}

#[tokio::test]
async fn what_was_changed_in_the_hub_goes_with_sessions_and_never_while_it_is_pending() {
    let server = long_ago().await;
    for customer in [1, 2] {
        let session = server.hub_session(customer).await;
        assert_eq!(server.post("/c").form(&[("session", &session)]).send().await.unwrap().status(), 303);
        server.pause(&session).await.says("Done.");
    }
    change(&server, "UPDATE hub_changes SET status = 'pending', next_attempt_at = '9999-01-01T00:00:00.000Z' WHERE customer = 'cus_2'").await;
    assert_eq!(all_after(&server, 29).await, []);
    assert_eq!(all_after(&server, 2).await, [("hub_pages", 2)]);
    assert_eq!(all_after(&server, 368).await, []);
    assert_eq!(all_after(&server, 2).await, [("hub_changes", 1)]);
    assert_eq!(count(&server, "SELECT count(*) FROM hub_changes WHERE customer = 'cus_2'").await, 1);
}
