//! `POST /v1/subscription/session`, `POST /v1/hub`, and the hub as a page.

use serde_json::{Value, json};

use crate::server::{Answer, Running};

impl Running {
    async fn ask_hub(&self, subscription: Value) -> Answer {
        let body = json!({ "subscription": subscription });
        let request = self.post("/v1/subscription/session").header("x-brand-key", &self.acme).json(&body);
        Answer::of(request.send().await.unwrap()).await
    }

    async fn hub_session(&self, customer: u32) -> String {
        let answer = self.ask_hub(json!({ "customer_id": format!("cus_{customer}") })).await.ok();
        assert_eq!(answer["session"]["id"], answer["id"]);
        answer["id"].as_str().unwrap().to_owned()
    }

    async fn hub(&self, session: &str) -> Answer {
        let request = self.post("/v1/hub").form(&[("session", session)]);
        Answer::of(request.send().await.unwrap()).await
    }
}

/// The texts of a drawing, and the sessions its forms lead to.
fn read(hub: &Value) -> (String, Vec<String>) {
    let parts: Vec<&str> = hub["hub"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
    let texts: Vec<&str> = parts.iter().filter_map(|part| part.strip_prefix('"')).collect();
    let sessions = parts.iter().filter_map(|part| part.strip_prefix("@value=")).map(str::to_owned).collect();
    (texts.join("\n"), sessions)
}

#[tokio::test]
async fn a_hub_session_begins_as_documented_and_stores_nothing() {
    let server = Running::start().await;
    for named in [
        json!({ "customer_id": "cus_1" }),
        json!({ "customer_email": "c1@example.com" }),
        json!({ "customer_id": "cus_1", "customer_email": "c1@example.com" }),
    ] {
        let answer = server.ask_hub(named).await.ok();
        assert!(answer["id"].as_str().unwrap().starts_with("sub_"));
    }
    assert_eq!(server.count("sessions").await, 0);
}

#[tokio::test]
async fn whom_a_hub_cannot_be_made_for_is_told_apart() {
    let server = Running::start().await;
    assert!(server.ask_hub(json!({})).await.error(400).contains("subscription.customer_id"));
    assert!(
        server.ask_hub(json!({ "customer_id": 1 })).await.error(400).contains("subscription.customer_id")
    );
    assert!(server.ask_hub(json!({ "customer_id": "cus_none" })).await.error(404).contains("No customer"));
    let contradiction = json!({ "customer_id": "cus_1", "customer_email": "c2@example.com" });
    assert!(server.ask_hub(contradiction).await.error(400).contains("different customers"));
    let unsigned = server.post("/v1/subscription/session").json(&json!({ "subscription": {} }));
    Answer::of(unsigned.send().await.unwrap()).await.error(401);
}

#[tokio::test]
async fn the_hub_shows_plan_price_and_next_payment_and_every_way_out_is_a_session_of_the_flow() {
    let server = Running::start().await;
    let session = server.hub_session(1).await;
    let (texts, ways) = read(&server.hub(&session).await.ok());
    for text in ["Your subscription", "Pro", "Active", "a month", "Next payment", "Cancel Subscription"] {
        assert!(texts.contains(text), "{text} in {texts}");
    }
    assert_eq!(ways.len(), 1);
    assert!(ways[0].starts_with("ret_"));
    assert_eq!(server.flow(&ways[0]).await.ok()["flow"]["subscription"]["plan"], "Pro");
}

#[tokio::test]
async fn a_customer_with_several_subscriptions_sees_each_with_its_own_way() {
    let server = Running::start().await;
    let session = server.hub_session(6).await;
    let (texts, ways) = read(&server.hub(&session).await.ok());
    assert!(texts.contains("Your subscriptions"), "{texts}");
    assert!(ways.len() > 1);
    for way in ways {
        server.flow(&way).await.ok();
    }
}

#[tokio::test]
async fn what_was_canceled_in_the_hub_says_until_when_and_can_be_taken_back_in_the_same_session() {
    let server = Running::start().await;
    let session = server.hub_session(1).await;
    let (_, ways) = read(&server.hub(&session).await.ok());
    server
        .act(&ways[0], json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "cancel" }]))
        .await
        .ok();
    let (texts, ways) = read(&server.hub(&session).await.ok());
    assert!(texts.contains("You can use it until"), "{texts}");
    assert!(!texts.contains("Next payment"), "{texts}");
    assert!(texts.contains("Undo cancellation"), "{texts}");
    server.act(&ways[0], json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
    let (texts, _) = read(&server.hub(&session).await.ok());
    assert!(texts.contains("Cancel Subscription") && texts.contains("Next payment"), "{texts}");
}

#[tokio::test]
async fn a_hub_session_opens_the_flow_of_the_only_subscription_and_says_so_where_there_are_several() {
    let server = Running::start().await;
    let one = server.hub_session(1).await;
    assert_eq!(server.flow(&one).await.ok()["flow"]["subscription"]["plan"], "Pro");
    let several = server.hub_session(6).await;
    assert!(server.flow(&several).await.error(409).contains("several"));
}

#[tokio::test]
async fn the_hub_is_a_page_too_whose_forms_need_no_script() {
    let server = Running::start().await;
    let session = server.hub_session(1).await;
    let answer = server.post("/c").form(&[("session", &session)]).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let page = answer.text().await.unwrap();
    assert!(page.contains("<h2>Your subscription</h2>"), "{page}");
    assert!(page.contains("action=\"") && page.contains("name=\"session\" value=\"ret_"), "{page}");
    assert!(!page.contains(&session), "the hub's own session is not in the page");
}

#[tokio::test]
async fn a_session_of_another_kind_altered_or_too_old_opens_no_hub() {
    let server = Running::start().await;
    let retention = server.session(1).await;
    assert!(server.hub(&retention).await.error(401).contains("wrong kind"));
    let session = server.hub_session(1).await;
    server.hub(&format!("{session}x")).await.error(401);
    server.hub("sub_1MowQVLkdIwHu7ixeRlqHVzs").await.error(401);
    server.clock.advance(jiff::SignedDuration::from_hours(25));
    assert!(server.hub(&session).await.error(401).contains("expired"));
}
