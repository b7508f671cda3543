//! What holds for every answer of the APIs.

use reqwest::Method;
use serde_json::json;

use crate::server::{Answer, Running};

#[tokio::test]
async fn unknown_paths_and_methods_are_json_too() {
    let server = Running::start().await;
    assert!(Answer::of(server.get("/v1/nothing").send().await.unwrap()).await.error(404).contains("address"));
    for (method, path) in [
        (Method::GET, "/v1/retention/session"),
        (Method::DELETE, "/v1/flow"),
        (Method::PUT, "/api/public/cancel/result"),
    ] {
        let sent = server.request(method, path).send().await.unwrap();
        assert!(sent.headers().contains_key("allow"));
        Answer::of(sent).await.error(405);
    }
}

#[tokio::test]
async fn answers_are_kept_by_nobody() {
    let server = Running::start().await;
    let id = server.session(1).await;
    for request in
        [server.get("/v1/flow").bearer_auth(&id), server.get("/v1/flow"), server.get("/v1/nothing")]
    {
        let sent = request.send().await.unwrap();
        assert_eq!(sent.headers()["cache-control"], "no-store");
        assert_eq!(sent.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn a_body_too_large_is_413_wherever_it_goes() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let large = json!({ "actions": [], "x": "x".repeat(70_000) });
    let request = server.post("/v1/flow/actions").bearer_auth(&id).json(&large);
    assert!(Answer::of(request.send().await.unwrap()).await.error(413).contains("64 KiB"));
    let request = server.post("/api/public/cancel/result").json(&large);
    Answer::of(request.send().await.unwrap()).await.error(413);
    let page = server.post("/c").form(&[("session", "x".repeat(70_000))]).send().await.unwrap();
    assert_eq!(page.status(), 413);
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn a_head_too_large_is_refused() {
    let server = Running::start().await;
    let sent = server.get("/api/health").header("x-large", "x".repeat(200_000)).send().await.unwrap();
    assert_eq!(sent.status(), 431);
}

#[tokio::test]
async fn the_ledger_shows_a_brand_its_own_customers_only() {
    let server = Running::start().await;
    assert_eq!(server.customer("cus_1").await["email"], "c1@example.com");
    let path = "/v1/ledger/customers/cus_1";
    Answer::of(server.get(path).send().await.unwrap()).await.error(401);
    let manual = server.get(path).header("x-api-key", &server.manual).send().await.unwrap();
    Answer::of(manual).await.error(404);
}

#[tokio::test]
async fn the_bare_address_answers() {
    let server = Running::start().await;
    let home = server.get("/").send().await.unwrap();
    assert_eq!(home.status(), 200);
    assert!(home.text().await.unwrap().starts_with("<!doctype html>"));
}

#[tokio::test]
async fn addresses_that_are_no_text_are_answered_like_unknown_ones() {
    let server = Running::start().await;
    let ledger = server.get("/v1/ledger/customers/%ff").header("x-api-key", &server.acme);
    assert!(Answer::of(ledger.send().await.unwrap()).await.error(404).contains("customer"));
    let page = server.get("/c/%ff").send().await.unwrap();
    assert_eq!(page.status(), 404);
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn a_method_that_somebody_made_up_is_not_repeated() {
    let server = Running::start().await;
    let made_up = Method::from_bytes(b"SECRET").unwrap();
    let answer = Answer::of(server.request(made_up, "/v1/flow").send().await.unwrap()).await;
    assert_eq!(answer.error(405).split(' ').next(), Some("This"));
    let known = Answer::of(server.request(Method::DELETE, "/v1/flow").send().await.unwrap()).await;
    assert!(known.error(405).starts_with("DELETE"));
}
