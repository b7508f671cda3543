//! A brand that Stripe bills, from the session to the receipt.

mod leaving;
mod told;

use std::io::Write;

use farewell_server::clock::{self, Clock};
use farewell_server::serve::Server;
use serde_json::json;
use tempfile::NamedTempFile;

use crate::server::{NOW, Running, config};
use crate::stand_in::{Fault, KEY, StandIn};

fn key(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "{text}").unwrap();
    file
}

/// The configuration of the tests, with acme billed there.
fn billed(text: &str, stripe: &StandIn, lines: &str) -> String {
    let account = format!("[brand.stripe]\napi_url = \"{}\"\n{lines}\n[[brand.reason]]", stripe.url);
    text.replacen("billing = \"ledger\"", "billing = \"stripe\"", 1).replacen("[[brand.reason]]", &account, 1)
}

async fn ada(stripe: &StandIn) {
    stripe.price("price_pro", 1250, "month", 1);
    stripe.customer(
        "cus_1",
        json!({ "email": "ada@example.com", "address": { "country": "US", "state": "NY" } }),
    );
    let end = clock::parse("2026-12-01T10:00:00Z").unwrap().as_second();
    stripe.subscription("sub_1", "cus_1", "price_pro", end, json!({}));
}

#[tokio::test]
async fn whoever_leaves_has_left_at_stripe_and_can_come_back() {
    let stripe = StandIn::start().await;
    ada(&stripe).await;
    let secret = key(KEY);
    let lines = format!("key_file = \"{}\"", secret.path().display());
    let server = Running::start_with(|text| billed(&text, &stripe, &lines)).await;
    let session = server.session_with(json!({ "customer_email": "ada@example.com" })).await;
    let flow = server.flow(&session).await.ok();
    assert_eq!(flow["flow"]["subscription"]["plan"], "Pro");
    stripe.meet(&[Fault::Unanswered]);
    let left = server
        .act(
            &session,
            json!([
                { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
                { "run": 1, "seq": 2, "do": "cancel" },
            ]),
        )
        .await
        .ok();
    assert_eq!(left["result"]["effect"], "applied", "its answer was lost, and it was read back");
    let shown = stripe.shown("sub_1");
    assert_eq!(
        (&shown["cancel_at_period_end"], &shown["cancellation_details"]["feedback"]),
        (&json!(true), &json!("too_expensive"))
    );
    server.ask_session(&server.acme, json!({ "customer_id": "cus_1" })).await.error(409);

    let undone = server.act(&session, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
    assert_eq!(
        (&undone["result"]["outcome"], &undone["result"]["effect"]),
        (&json!("saved"), &json!("applied"))
    );
    assert_eq!(stripe.shown("sub_1")["cancel_at_period_end"], false);
}

#[tokio::test]
async fn what_stripe_does_not_answer_is_pending_and_settled_later() {
    for fault in [Fault::Lost, Fault::TooMany, Fault::Truncated, Fault::Twice] {
        let stripe = StandIn::start().await;
        ada(&stripe).await;
        let secret = key(KEY);
        let lines = format!("key_file = \"{}\"", secret.path().display());
        let server = Running::start_with(|text| billed(&text, &stripe, &lines)).await;
        let session = server.session_with(json!({ "customer_id": "cus_1" })).await;
        server.flow(&session).await.ok();
        stripe.meet(&[fault]);
        let left = server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
        let there = !matches!(fault, Fault::Lost | Fault::TooMany);
        assert_eq!(left["result"]["effect"], if there { "applied" } else { "pending" }, "{fault:?}");
        server.clock.advance(jiff::SignedDuration::from_mins(1));
        server.app.sessions.executor.settle_due().await.unwrap();
        assert_eq!(server.flow(&session).await.ok()["result"]["effect"], "applied", "{fault:?}");
        assert_eq!(stripe.shown("sub_1")["cancel_at_period_end"], true, "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_tried_out_never_reaches_what_counts() {
    let stripe = StandIn::start().await;
    ada(&stripe).await;
    let secret = key(KEY);
    let lines = format!("key_file = \"{}\"", secret.path().display());
    let server = Running::start_with(|text| billed(&text, &stripe, &lines)).await;
    stripe.customer("cus_only_there", json!({}));
    let tried = json!({ "customer_id": "cus_only_there", "environment": "sandbox" });
    let tried = server.ask_session(&server.acme, tried).await;
    tried.error(404);
    assert!(stripe.asked().is_empty(), "without a key of its own, the sandbox is the ledger's");
}

#[tokio::test]
async fn a_key_that_is_none_or_of_the_wrong_side_keeps_the_server_from_starting() {
    let stripe = StandIn::start().await;
    let (secret, live, public) = (key(KEY), key("sk_live_1"), key("pk_test_1"));
    let path = |file: &NamedTempFile| file.path().display().to_string();
    for (lines, says) in [
        (format!("key_file = \"{}\"", path(&public)), "secret key"),
        (format!("key_file = \"{}\"\nsandbox_key_file = \"{}\"", path(&secret), path(&live)), "sandbox"),
        ("key_file = \"/nowhere/stripe.key\"".into(), "cannot read"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), "http://127.0.0.1:1", |text| billed(&text, &stripe, &lines));
        let refused = Server::bind(config, Clock::manual(clock::parse(NOW).unwrap())).await;
        let why = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(why.contains(says) && !why.contains("sk_live_1"), "{lines}: {why}");
    }
}
