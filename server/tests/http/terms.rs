//! Terms that change between the moment an offer is shown and the moment it is taken.

use farewell_server::billing::ledger::Import;
use farewell_server::clock;
use serde_json::{Value, json};

use crate::server::Running;

/// Gives acme's customer of this number another price, as the merchant would.
async fn reprice(server: &Running, customer: u32, amount: i64) {
    let import = json!({
        "plans": [{ "external_id": format!("plan_{amount}"), "name": "Pro", "amount": amount, "currency": "USD", "interval": "month" }],
        "customers": [{
            "external_id": format!("cus_{customer}"),
            "user_id": format!("user_{customer}"),
            "email": format!("c{customer}@example.com"),
            "subscriptions": [{ "external_id": format!("sub_{customer}"), "plan": format!("plan_{amount}") }],
        }],
    });
    let import = Import::read(&import.to_string()).unwrap();
    import.apply(&server.app.sessions.store, "acme", server.clock.now()).await.unwrap();
}

#[tokio::test]
async fn changed_terms_are_shown_before_they_are_accepted() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let first = server.flow(&id).await.ok();
    assert_eq!(first["flow"]["offers"][0]["choices"][0]["lines"][0]["price"]["amount"], 1000);
    server
        .act(&id, json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive" }]))
        .await
        .ok();
    reprice(&server, 1, 3000).await;
    let accept = json!([{ "run": 1, "seq": 3, "do": "accept", "claim_id": "half" }]);
    let changed = server.act(&id, accept.clone()).await;
    assert!(changed.error(409).contains("terms"));
    assert_eq!(changed.body["flow"]["offers"][0]["choices"][0]["lines"][0]["price"]["amount"], 1500);
    assert_eq!(changed.body["flow"]["subscription"]["price"]["amount"], 3000);
    assert_eq!(changed.body["state"]["runs"][0]["step"], "offer");
    assert_eq!((server.count("discounts").await, server.count("intents").await), (0, 0));
    assert_eq!(server.flow(&id).await.ok()["flow"], changed.body["flow"]);
    let accepted = server.act(&id, accept).await.ok();
    assert_eq!(accepted["result"]["effect"], "applied");
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["next_payment"]["amount"], 1500);
}

#[tokio::test]
async fn an_offer_that_is_gone_leads_on_to_the_way_out() {
    let server = Running::start().await;
    let (here, elsewhere) = (server.session(1).await, server.session(1).await);
    server.flow(&here).await.ok();
    server
        .act(&here, json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive" }]))
        .await
        .ok();
    server.act(&elsewhere, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    let gone = server.act(&here, json!([{ "run": 1, "seq": 3, "do": "accept", "claim_id": "half" }])).await;
    gone.error(409);
    let left = gone.body["flow"]["offers"].as_array().unwrap();
    assert!(left.iter().all(|offer| !["half", "rest"].contains(&offer["id"].as_str().unwrap())));
    let canceled = server.act(&here, json!([{ "run": 1, "seq": 3, "do": "cancel" }])).await.ok();
    assert_eq!(canceled["result"]["outcome"], "canceled");
    assert_ne!(canceled["result"]["receipt"], Value::Null);
}

#[tokio::test]
async fn a_session_for_what_was_canceled_meanwhile_says_so_when_it_is_opened() {
    let server = Running::start().await;
    let (first, second) = (server.session(1).await, server.session(1).await);
    server.act(&first, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert!(server.flow(&second).await.error(409).contains("nothing to cancel"));
}

/// A session that is opened before a renewal, two hours ahead of it, and looked at again after it.
async fn opened_before_a_renewal(server: &Running) -> String {
    server.clock.set(clock::parse("2026-12-10T03:00:00Z").unwrap());
    let id = server.session(1).await;
    let flow = server.flow(&id).await.ok();
    assert_eq!(flow["flow"]["cancellation"]["effective_at"], "2026-12-10T05:00:00.000Z");
    id
}

#[tokio::test]
async fn a_cancellation_after_a_renewal_is_of_the_period_it_is_in() {
    let server = Running::start().await;
    let id = opened_before_a_renewal(&server).await;
    server.clock.set(clock::parse("2026-12-10T07:00:00Z").unwrap());
    let canceled = server.act(&id, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    let receipt = &canceled["result"]["receipt"];
    assert_eq!(canceled["result"]["effect"], "applied");
    assert_eq!(receipt["effective_at"], "2027-01-10T05:00:00.000Z");
    assert_eq!(receipt["undo"], true);
    assert_eq!(
        server.flow(&id).await.ok()["flow"]["cancellation"]["effective_at"],
        "2027-01-10T05:00:00.000Z"
    );
    let subscription = server.customer("cus_1").await["subscriptions"][0].clone();
    assert_eq!(subscription["status"], "active");
    assert_eq!(subscription["cancel_at"], "2027-01-10T05:00:00.000Z");
    server.act(&id, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["cancel_at"], Value::Null);
}

#[tokio::test]
async fn a_receipt_promises_no_end_that_is_past() {
    let server = Running::start().await;
    let id = opened_before_a_renewal(&server).await;
    server.clock.set(clock::parse("2026-12-10T07:00:00Z").unwrap());
    let other = server.session(1).await;
    server.act(&other, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    // Billing does not say any more when: there is nothing left to cancel.
    let canceled = server.act(&id, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(canceled["result"]["effect"], "applied");
    assert_eq!(canceled["result"]["receipt"]["effective_at"], Value::Null);
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["cancel_at"], "2027-01-10T05:00:00.000Z");
}
