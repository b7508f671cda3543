//! That everything arrives, in its order, whatever receivers do.

use farewell_server::clock;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::receiver::{Receiver, Reply, configure, server_with};
use crate::server::{Answer, NOW, Running};

async fn cancel(server: &Running, customer: u32) {
    let session = server.session(customer).await;
    server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
}

async fn listed(server: &Running, query: &str) -> Vec<Value> {
    let path = format!("/v1/webhooks{query}");
    let answer = server.get(&path).header("x-api-key", &server.acme).send().await.unwrap();
    Answer::of(answer).await.ok()["webhooks"].as_array().unwrap().clone()
}

/// The delivery of acme's that was tried this often, once it was.
async fn tried(server: &Running, attempts: i64) -> Value {
    for _ in 0..1000 {
        let all = listed(server, "").await;
        if let Some(found) = all.iter().find(|one| one["attempts"] == attempts) {
            return found.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{:#?}", listed(server, "").await);
}

/// Moves the clock on until nothing is pending.
async fn settle(server: &Running) {
    for _ in 0..400 {
        if listed(server, "?status=pending").await.is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        server.clock.advance(SignedDuration::from_mins(5));
    }
    panic!("{:#?}", listed(server, "?status=pending").await);
}

#[tokio::test]
async fn what_is_told_of_a_session_waits_for_what_was_told_before() {
    let receiver = Receiver::answering(&[Reply::Status(500), Reply::Status(404)], Reply::Status(200)).await;
    let server = server_with(&receiver).await;
    cancel(&server, 1).await;
    let first = tried(&server, 1).await;
    assert_eq!((&first["type"], &first["status"]), (&json!("session.completed"), &json!("pending")));
    assert_eq!(first["last_error"], "it answered 500, not 2xx");
    let others: Vec<_> = listed(&server, "").await.into_iter().filter(|one| one["attempts"] == 0).collect();
    assert_eq!(others.len(), 2, "the others are due, and wait");
    // Another session does not wait: it gets the second refusal, or passes the first session.
    cancel(&server, 2).await;
    settle(&server).await;
    let posts = receiver.posts();
    let mut taken: Vec<(String, String)> = Vec::new();
    for post in &posts[2..] {
        if !taken.contains(&post.told()) {
            taken.push(post.told());
        }
    }
    assert_eq!(posts.len(), 8, "two were refused, and none was sent twice for it");
    for session in [posts[0].told().0, posts[1].told().0] {
        let order: Vec<_> =
            taken.iter().filter(|(of, _)| *of == session).map(|(_, kind)| kind.as_str()).collect();
        assert_eq!(order, ["session.completed", "receipt.issued", "session.settled"]);
    }
    let repeated = posts.iter().filter(|post| post.header("webhook-id") == posts[0].header("webhook-id"));
    let repeated: Vec<_> = repeated.collect();
    assert_eq!(repeated.len(), 2);
    assert_eq!(repeated[0].body, repeated[1].body, "the same each time");
    let at = |post: &super::receiver::Post| post.header("webhook-timestamp").parse::<i64>().unwrap();
    assert!(at(repeated[1]) > at(repeated[0]), "signed anew for each attempt");
}

#[tokio::test]
async fn gone_is_gone_and_lets_the_next_one_through() {
    let receiver = Receiver::answering(&[Reply::Status(410)], Reply::Status(200)).await;
    let server = server_with(&receiver).await;
    cancel(&server, 1).await;
    let kinds: Vec<_> = receiver.until(3).await.iter().map(|post| post.told().1).collect();
    assert_eq!(kinds, ["session.completed", "receipt.issued", "session.settled"]);
    settle(&server).await;
    let failed = listed(&server, "?status=failed").await;
    assert_eq!((failed.len(), &failed[0]["type"]), (1, &json!("session.completed")));
    assert!(failed[0]["last_error"].as_str().unwrap().contains("410"));
    assert_eq!((&failed[0]["next_attempt_at"], receiver.posts().len()), (&json!(null), 3));
}

#[tokio::test]
async fn a_receiver_is_left_alone_for_as_long_as_it_asks() {
    let reply = Reply::With(503, "retry-after", "7200");
    let receiver = Receiver::answering(&[reply], Reply::Status(200)).await;
    let server = server_with(&receiver).await;
    cancel(&server, 1).await;
    assert_eq!(tried(&server, 1).await["next_attempt_at"], "2026-11-21T14:00:00.000Z");
    server.clock.set(clock::parse(NOW).unwrap() + SignedDuration::from_hours(2));
    receiver.until(4).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let reply = Reply::With(307, "location", "/elsewhere");
    let receiver = Receiver::answering(&[], reply).await;
    let server = server_with(&receiver).await;
    cancel(&server, 1).await;
    let first = tried(&server, 1).await;
    assert_eq!(first["last_error"], "it answered 307; redirects are not followed");
    assert_eq!(receiver.posts().len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_hangs_holds_up_no_other() {
    let (slow, quick) = (Receiver::answering(&[], Reply::Never).await, Receiver::start().await);
    let tables = slow.table("") + &quick.table("");
    let server = Running::start_with(|text| configure(&text, &tables)).await;
    let began = std::time::Instant::now();
    for customer in [1, 2, 3, 4, 5] {
        cancel(&server, customer).await;
    }
    quick.until(15).await;
    assert!(began.elapsed().as_secs() < 10, "nobody waited for the time-out of the slow one");
    assert!(!slow.posts().is_empty());
    // Its own time is limited too.
    let refused = tried(&server, 1).await;
    assert_eq!(refused["status"], "sent", "the quick one's");
    for _ in 0..1000 {
        let all = listed(&server, "?status=pending").await;
        if let Some(late) = all.iter().find(|one| one["attempts"] == 1) {
            assert_eq!(late["last_error"], "it did not answer within 10 seconds");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the slow one was never given up on");
}

#[tokio::test]
async fn what_was_interrupted_is_sent_again_by_the_next_server() {
    let receiver = Receiver::answering(&[Reply::Never], Reply::Status(200)).await;
    let table = receiver.table("");
    let server = Running::start_with(|text| configure(&text, &table)).await;
    cancel(&server, 1).await;
    receiver.until(1).await;
    let clock = server.clock.clone();
    let directory = server.stop().await;
    let _server = Running::start_as(directory, clock, |text| configure(&text, &table)).await;
    let posts = receiver.until(4).await;
    assert_eq!(posts[0].header("webhook-id"), posts[1].header("webhook-id"));
    let kinds: Vec<_> = posts[1..].iter().map(|post| post.told().1).collect();
    assert_eq!(kinds, ["session.completed", "receipt.issued", "session.settled"]);
}
