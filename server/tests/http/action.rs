//! A merchant who bills, and is asked to act.

use farewell_server::keys::KeyFile;
use farewell_server::outbound::{key_name, secret_text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cancel_link::{path, press};
use crate::server::{Answer, Running};
use crate::webhooks::receiver::{Receiver, Reply};

const APPLIED: Reply = Reply::Says(r#"{"status":"applied"}"#);
const PENDING: Reply = Reply::Says(r#"{"status":"pending"}"#);
const REFUSED: Reply = Reply::Says(r#"{"status":"refused","reason":"The invoice is\nopen."}"#);

/// A server whose `manual` asks this backend to act.
async fn asking(backend: &Receiver) -> Running {
    Running::start_with(|text| {
        let action = format!(
            "slug = \"manual\"\nplan = \"advanced\"\norigins = [\"https://app.acme.example\"]\naction_url = \"{}\"",
            backend.url
        );
        text.replacen("slug = \"manual\"", &action, 1).replacen("[server]", "[server]\nprivate_webhooks = true", 1)
    })
    .await
}

async fn opened(server: &Running, environment: &str) -> String {
    let wanted = json!({ "customer_id": "cus_9", "subscription_id": "sub_9", "environment": environment });
    let session = server.ask_session(&server.manual, wanted).await.ok()["id"].as_str().unwrap().to_owned();
    server.flow(&session).await.ok();
    session
}

async fn leave(server: &Running, session: &str) -> Value {
    server.act(session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok()
}

/// Asks again whatever waits, as the worker does when its time has come.
async fn later(server: &Running) {
    server.clock.advance(jiff::SignedDuration::from_mins(20));
    server.app.sessions.executor.settle_due().await.unwrap();
}

async fn effect(server: &Running, session: &str) -> Value {
    server.flow(session).await.ok()["result"]["effect"].clone()
}

#[tokio::test]
async fn a_backend_is_asked_once_with_a_signature_and_says_that_it_is_done() {
    let backend = Receiver::answering(&[], APPLIED).await;
    let server = asking(&backend).await;
    let session = opened(&server, "prod").await;
    let left = leave(&server, &session).await;
    assert_eq!(left["result"]["effect"], "applied");
    let [asked] = &backend.until(1).await[..] else { panic!("asked once") };
    let key = KeyFile::open(&server.app.sessions.config.server.keys, &key_name("manual")).unwrap();
    assert_eq!(asked.header("webhook-signature"), asked.signature_with(&secret_text(key.current())));
    let body = asked.json();
    let data = &body["data"];
    assert_eq!((&body["type"], &data["action"]), (&json!("billing.action"), &json!("cancel")));
    assert_eq!((&data["customerId"], &data["subscriptionId"]), (&json!("cus_9"), &json!("sub_9")));
    assert_eq!((&data["at"], &data["environment"]), (&json!("period_end"), &json!("prod")));
    assert_eq!(data["id"], asked.header("webhook-id"));
    let told = server.post("/api/public/cancel/result").json(&json!({ "token": left["result"]["token"] }));
    let result = Answer::of(told.send().await.unwrap()).await.ok();
    assert_eq!((&data["eventId"], &data["sessionId"]), (&result["eventId"], &result["sessionId"]));
}

#[tokio::test]
async fn an_offer_goes_with_what_it_promises_and_what_is_tried_out_says_so() {
    let backend = Receiver::answering(&[], APPLIED).await;
    let server = asking(&backend).await;
    let session = opened(&server, "sandbox").await;
    let actions = json!([
        { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
        { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" },
    ]);
    let kept = server.act(&session, actions).await.ok();
    assert_eq!(kept["result"]["effect"], "applied");
    let data = &backend.until(1).await[0].json()["data"];
    assert_eq!((&data["action"], &data["environment"]), (&json!("accept"), &json!("sandbox")));
    assert_eq!(
        (&data["offer"]["id"], &data["offer"]["deal"]["off"]["percent"]),
        (&json!("half"), &json!(50))
    );
}

#[tokio::test]
async fn what_is_refused_did_not_happen_and_the_customer_can_still_leave() {
    let backend = Receiver::answering(&[REFUSED], APPLIED).await;
    let server = asking(&backend).await;
    let session = opened(&server, "prod").await;
    let actions = json!([
        { "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
        { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" },
    ]);
    let refused = server.act(&session, actions).await.ok();
    assert_eq!(refused["result"], Value::Null, "nothing came of it: {refused:#}");
    let left = server.act(&session, json!([{ "run": 1, "seq": 3, "do": "cancel" }])).await.ok();
    assert_eq!(left["result"]["effect"], "applied");
}

#[tokio::test]
async fn whatever_is_no_answer_is_asked_again_and_is_the_same_request() {
    let silent = [
        Reply::Status(500),
        Reply::Status(404),
        Reply::Status(200),
        Reply::Says(r#"{"status":"done"}"#),
        Reply::With(302, "location", "/elsewhere"),
        PENDING,
    ];
    let backend = Receiver::answering(&silent, APPLIED).await;
    let server = asking(&backend).await;
    let session = opened(&server, "prod").await;
    assert_eq!(leave(&server, &session).await["result"]["effect"], "pending");
    for _ in 1..silent.len() {
        later(&server).await;
        assert_eq!(effect(&server, &session).await, "pending");
    }
    later(&server).await;
    assert_eq!(effect(&server, &session).await, "applied");
    let posts = backend.until(silent.len() + 1).await;
    assert!(posts.iter().all(|post| post.body == posts[0].body));
    assert!(posts.iter().all(|post| post.header("webhook-id") == posts[0].header("webhook-id")));
}

#[tokio::test]
async fn what_is_pending_is_settled_by_what_the_merchant_tells_the_ledger() {
    // Who wanted to leave has asked for it, whatever the merchant made of that.
    for (outcome, expected) in [("churned", "applied"), ("recovered", "requested")] {
        let backend = Receiver::answering(&[], PENDING).await;
        let server = asking(&backend).await;
        let session = opened(&server, "prod").await;
        leave(&server, &session).await;
        let event = backend.until(1).await[0].json()["data"]["eventId"].as_str().unwrap().to_owned();
        let request = server.request(Method::PATCH, &format!("/api/v1/cancellations/{event}"));
        let told = request.bearer_auth(&server.manual).json(&json!({ "outcome": outcome }));
        assert_eq!(Answer::of(told.send().await.unwrap()).await.ok()["outcome"], outcome);
        assert_eq!(effect(&server, &session).await, expected, "{outcome}");
        later(&server).await;
        assert_eq!(backend.posts().len(), 1, "nothing is left to be asked");
    }
}

#[tokio::test]
async fn behind_a_link_nobody_is_asked_to_act() {
    let backend = Receiver::answering(&[], APPLIED).await;
    let server = asking(&backend).await;
    let link = json!({ "userId": "user_1", "returnUrl": "https://app.acme.example/billing/callback" });
    let asked = server.post("/api/v1/cancel-link").bearer_auth(&server.manual).json(&link);
    let link = Answer::of(asked.send().await.unwrap()).await.ok();
    press(&server, &path(&server, &link), &[("do", "cancel")]).await;
    let session = server.get(&format!("/api/v1/cancel-sessions/{}", link["sessionId"].as_str().unwrap()));
    let session = Answer::of(session.bearer_auth(&server.manual).send().await.unwrap()).await.ok();
    assert_eq!(session["result"], "cancel_confirmed");
    assert!(backend.posts().is_empty());
}
