//! A server that is stopped and started again.

use serde_json::json;

use crate::server::Running;

#[tokio::test]
async fn a_restart_keeps_sessions_results_keys_and_tokens() {
    let server = Running::start().await;
    let (open, unopened, key) = (server.session(1).await, server.session(2).await, server.acme.clone());
    let first = server.act(&open, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    let clock = server.clock.clone();
    let directory = server.stop().await;

    let server = Running::start_in(directory, clock).await;
    let again = server.flow(&open).await.ok();
    assert_eq!(
        (&again["state"], &again["result"]["receipt"]),
        (&first["state"], &first["result"]["receipt"])
    );
    assert_eq!(again["flow"]["page"]["handle"].as_str().map(str::len), Some(22));
    server.flow(&unopened).await.ok();
    server.ask_session(&key, json!({ "customer_id": "cus_3" })).await.ok();
}
