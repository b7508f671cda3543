//! Which pages may use a session, and what their browsers are told.

use reqwest::Method;
use serde_json::json;

use crate::server::{Answer, PAGE, Running};

#[tokio::test]
async fn a_preflight_is_answered_for_pages_of_any_brand_and_of_no_other() {
    let server = Running::start().await;
    let preflight = async |origin: &str| {
        let request = server
            .request(Method::OPTIONS, "/v1/flow/actions")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,x-public-key");
        request.send().await.unwrap()
    };
    for origin in [PAGE, "https://globex.example"] {
        let answer = preflight(origin).await;
        assert!(answer.status().is_success());
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("access-control-allow-origin"), origin);
        for name in ["authorization", "content-type", "x-public-key"] {
            assert!(header("access-control-allow-headers").contains(name));
        }
        assert!(header("access-control-allow-methods").contains("POST"));
    }
    assert!(preflight("https://evil.example").await.headers().get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn a_session_is_for_pages_of_its_own_brand() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let from = async |origin: &str| {
        let sent = server.get("/v1/flow").bearer_auth(&id).header("origin", origin).send().await.unwrap();
        (sent.headers().get("access-control-allow-origin").cloned(), Answer::of(sent).await)
    };
    let (allowed, answer) = from(PAGE).await;
    assert_eq!((allowed.unwrap().to_str().unwrap(), answer.status), (PAGE, 200));
    assert_eq!(from(&server.url).await.1.status, 200);
    let (allowed, answer) = from("https://globex.example").await;
    assert!(answer.error(403).contains("another brand"));
    assert!(allowed.is_some(), "the page can read why");
    for stranger in ["https://evil.example", "null", "http://app.acme.example"] {
        let (allowed, answer) = from(stranger).await;
        assert!(answer.error(403).contains("origins"));
        assert!(allowed.is_none());
    }
}

#[tokio::test]
async fn a_public_key_has_to_be_of_the_same_brand() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let with = async |key: &str| {
        Answer::of(server.get("/v1/flow").bearer_auth(&id).header("x-public-key", key).send().await.unwrap())
            .await
    };
    assert_eq!(with("pk_acme_aHR0cDovLzEyNy4wLjAuMTo4Nzg3").await.status, 200);
    assert!(with("pk_globex_aHR0cDovLzEyNy4wLjAuMTo4Nzg3").await.error(403).contains("another brand"));
    assert!(with("pk_acme").await.error(400).contains("public key"));
}

#[tokio::test]
async fn session_ids_that_are_wrong_are_told_apart() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let mut altered = id.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    for (wrong, why) in [
        ("ret_", "malformed"),
        ("nonsense", "malformed"),
        ("sub_1MowQVLkdIwHu7ixeRlqHVzs", "malformed"),
        (altered.as_str(), "altered"),
        (&id.replacen("ret_", "sub_", 1), "altered"),
    ] {
        assert!(server.flow(wrong).await.error(401).contains(why), "{wrong}");
        let acted = server.act(wrong, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await;
        assert!(acted.error(401).contains(why), "{wrong}");
    }
    let none = Answer::of(server.get("/v1/flow").send().await.unwrap()).await;
    assert!(none.error(401).contains("Bearer ret_"));
    assert_eq!(server.count("sessions").await, 0);
}
