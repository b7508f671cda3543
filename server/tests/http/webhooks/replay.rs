//! Looking at what was told, and telling it again.

use farewell_server::clock;
use farewell_server::webhook::{Register, Replayed, Which};
use serde_json::{Value, json};

use super::receiver::{Receiver, Reply, configure, server_with};
use crate::server::{Answer, NOW, Running};

async fn list(server: &Running, key: &str, query: &str) -> Answer {
    let path = format!("/v1/webhooks{query}");
    Answer::of(server.get(&path).header("x-api-key", key).send().await.unwrap()).await
}

async fn replay(server: &Running, key: &str, id: &str) -> Answer {
    let path = format!("/v1/webhooks/{id}/replay");
    Answer::of(server.post(&path).header("x-api-key", key).send().await.unwrap()).await
}

async fn cancel(server: &Running, customer: u32) {
    let session = server.session(customer).await;
    server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
}

fn register(server: &Running) -> Register {
    Register::new(server.app.sessions.store.clone(), server.clock.clone())
}

/// Waits until nothing is pending.
async fn all_told(server: &Running) {
    for _ in 0..1000 {
        if list(server, &server.acme, "?status=pending").await.ok()["webhooks"] == json!([]) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("something is pending");
}

#[tokio::test]
async fn a_brand_sees_its_own_deliveries_page_by_page_newest_first() {
    let receiver = Receiver::start().await;
    let server = server_with(&receiver).await;
    for customer in [1, 2] {
        cancel(&server, customer).await;
        server.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    receiver.until(6).await;
    all_told(&server).await;
    let all = list(&server, &server.acme, "").await.ok();
    assert_eq!(all["next"], json!(null));
    let all = all["webhooks"].as_array().unwrap().clone();
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by(|a, b| a["told_at"].as_str() >= b["told_at"].as_str()), "{all:#?}");
    assert_ne!(all[0]["told_at"], all[5]["told_at"]);
    assert_eq!(
        (&all[0]["status"], &all[0]["attempts"], &all[0]["url"]),
        (&json!("sent"), &json!(1), &json!(receiver.url))
    );
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&server, &server.acme, &format!("?limit=4&status=sent{cursor}")).await.ok();
        paged.extend(page["webhooks"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all);
    assert_eq!(list(&server, &server.globex, "").await.ok()["webhooks"], json!([]));
    assert_eq!(list(&server, &server.acme, "?status=failed").await.ok()["webhooks"], json!([]));
    assert!(list(&server, &server.acme, "?status=gone").await.error(400).contains("\"pending\""));
    assert!(list(&server, &server.acme, "?limit=0").await.error(400).contains("200"));
    assert!(list(&server, &server.acme, "?cursor=!").await.error(400).contains("next"));
    assert!(list(&server, "sk_wrong", "").await.error(401).contains("API key"));
}

#[tokio::test]
async fn a_replay_sends_the_same_event_once_more() {
    let receiver = Receiver::start().await;
    let server = server_with(&receiver).await;
    cancel(&server, 1).await;
    receiver.until(3).await;
    all_told(&server).await;
    let all = list(&server, &server.acme, "").await.ok();
    let settled =
        all["webhooks"].as_array().unwrap().iter().find(|one| one["type"] == "session.settled").unwrap();
    let id = settled["id"].as_str().unwrap();
    assert!(replay(&server, &server.globex, id).await.error(404).contains("No webhook"));
    assert!(replay(&server, &server.acme, "1").await.error(404).contains("No webhook"));
    let again = replay(&server, &server.acme, id).await.ok();
    assert_eq!(
        (&again["status"], &again["attempts"], &again["sent_at"]),
        (&json!("pending"), &json!(0), &Value::Null)
    );
    let posts = receiver.until(4).await;
    assert_eq!(posts[3].header("webhook-id"), settled["event"]);
    assert_eq!(posts[3].body, posts[2].body);
}

#[tokio::test]
async fn what_was_given_up_long_ago_has_all_its_attempts_again() {
    let receiver = Receiver::answering(
        &[Reply::Status(410), Reply::Status(200), Reply::Status(200), Reply::Status(500)],
        Reply::Status(200),
    )
    .await;
    let server = server_with(&receiver).await;
    cancel(&server, 1).await;
    receiver.until(3).await;
    all_told(&server).await;
    server.clock.advance(jiff::SignedDuration::from_hours(24 * 30));
    let done = register(&server).replay(None, Which::Failed).await.unwrap();
    assert_eq!(done, Replayed { found: 1, queued: 1, unwanted: 0 });
    // The first attempt fails again, and is not the last one.
    receiver.until(4).await;
    while list(&server, &server.acme, "").await.ok()["webhooks"]
        .as_array()
        .unwrap()
        .iter()
        .all(|one| one["attempts"] != 1 || one["status"] != "pending")
    {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    server.clock.advance(jiff::SignedDuration::from_secs(30));
    let posts = receiver.until(5).await;
    assert_eq!(posts[4].header("webhook-id"), posts[0].header("webhook-id"));
}

#[tokio::test]
async fn an_endpoint_that_moved_gets_what_the_old_one_did_not() {
    let old = Receiver::answering(&[], Reply::Status(500)).await;
    let server = server_with(&old).await;
    cancel(&server, 1).await;
    old.until(1).await;
    let (clock, directory) = (server.clock.clone(), server.stop().await);
    let new = Receiver::start().await;
    let table = new.table("");
    let server = Running::start_as(directory, clock, |text| configure(&text, &table)).await;
    let given_up =
        list(&server, &server.acme, "?status=failed").await.ok()["webhooks"].as_array().unwrap().clone();
    assert_eq!(given_up.len(), 3);
    assert!(given_up.iter().all(|one| one["last_error"] == "the endpoint is no longer in farewell.toml"));
    let id = given_up[0]["id"].as_str().unwrap();
    assert!(replay(&server, &server.acme, id).await.error(409).contains("farewell.toml"));
    let register = register(&server);
    let failed = register.replay(Some("acme"), Which::Failed).await.unwrap();
    assert_eq!(failed, Replayed { found: 3, queued: 0, unwanted: 3 });
    let since = Which::Since(clock::parse(NOW).unwrap());
    assert_eq!(register.replay(Some("globex"), since.clone()).await.unwrap(), Replayed::default());
    assert_eq!(register.replay(None, since).await.unwrap(), Replayed { found: 3, queued: 3, unwanted: 0 });
    let kinds: Vec<_> = new.until(3).await.iter().map(|post| post.told().1).collect();
    assert_eq!(kinds, ["session.completed", "receipt.issued", "session.settled"], "in their order");
    let one = Which::Event(new.posts()[1].header("webhook-id").into());
    all_told(&server).await;
    assert_eq!(register.replay(None, one).await.unwrap(), Replayed { found: 1, queued: 1, unwanted: 0 });
    assert_eq!(new.until(4).await[3].told().1, "receipt.issued");
    let later = Which::Since(server.clock.now() + jiff::SignedDuration::from_secs(1));
    assert_eq!(register.replay(None, later).await.unwrap(), Replayed::default());
}
