//! What is told of the subscription hub.

use serde_json::{Value, json};

use super::receiver::{Receiver, configure};
use crate::erase::erased;
use crate::hub_changes::with;
use crate::server::Running;

#[tokio::test]
async fn what_a_customer_changes_is_told_once_it_is_settled_and_goes_with_the_customer() {
    let receiver = Receiver::start().await;
    let table = receiver.table("events = [\"subscription.changed\"]");
    let server = Running::selling(|text| configure(&text, &table)).await;
    let session = server.hub_session(1).await;
    let (before, now) = (server.shown(&session).await, server.clock.now().to_string());
    server.pause(&session).await.says("Done.");
    let told = receiver.until(1).await[0].json();
    assert_eq!(told["type"], "subscription.changed");
    let data = &told["data"];
    assert_eq!(data["eventId"].as_str().unwrap().split(':').next(), data["sessionId"].as_str());
    for (name, value) in [
        ("brand", json!("acme")),
        ("environment", json!("prod")),
        ("userId", json!("cus_1")),
        ("subscriptionId", json!("sub_1")),
        ("change", json!("pause")),
        ("settlement", json!("applied")),
        ("plan", Value::Null),
        ("pause", json!({ "interval": "month", "count": 1 })),
        ("offer", Value::Null),
    ] {
        assert_eq!(data[name], value, "{name}");
    }
    assert_eq!(data["agreedAt"].as_str().unwrap()[..19], now[..19]);

    // Typed and of no use, a code is in nothing.
    let typed = server.sent(&session, &before.press("Use a promotion code")).await;
    let mut form = typed.press("Continue");
    form.retain(|(name, _)| name != "choice");
    server.sent(&session, &with(form.clone(), "choice", "NOPE")).await.says("There is no such code.");
    let shown = server.sent(&session, &with(form, "choice", "half")).await;
    server.sent(&session, &shown.press("Use this code")).await.says("Done.");
    let posts = receiver.until(2).await;
    let data = &posts[1].json()["data"];
    assert_eq!(data["change"], "code");
    assert_eq!(data["offer"]["type"], "discount");
    assert!(data["offer"]["id"].as_str().unwrap().contains("HALF"), "{data}");

    erased(&server, "acme", "cus_1").await;
    let store = server.app.sessions.store.read();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM webhook_events").fetch_one(store).await.unwrap();
    assert_eq!(left, 0);
}
