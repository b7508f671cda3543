//! Trying things out.

use serde_json::json;

use crate::server::{Answer, Running};

#[tokio::test]
async fn what_is_done_in_the_sandbox_changes_nothing_that_counts() {
    let server = Running::start().await;
    let asked = json!({ "customer_id": "cus_1", "environment": "sandbox" });
    let tried = server.session_with(asked.clone()).await;
    server.flow(&tried).await.ok();
    let left = server.act(&tried, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(left["result"]["effect"], "applied");
    let ended = async |environment: &str| {
        let path = format!("/v1/ledger/customers/cus_1?environment={environment}");
        let answer = server.get(&path).bearer_auth(&server.acme).send().await.unwrap();
        Answer::of(answer).await.ok()["subscriptions"][0]["cancel_at"].clone()
    };
    assert!(ended("sandbox").await.is_string());
    assert!(ended("prod").await.is_null(), "what counts is as it was");
    server.ask_session(&server.acme, asked).await.error(409);
    server.ask_session(&server.acme, json!({ "customer_id": "cus_1" })).await.ok();
}
