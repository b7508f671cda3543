//! Every answer names its request, as the log does.

use reqwest::Method;

use crate::server::{PAGE, Running};

#[tokio::test]
async fn every_answer_has_the_requests_id() {
    let server = Running::start().await;
    for path in ["/api/health", "/v1/flow", "/c/nobody", "/b/acme/cancel", "/c/open.js", "/nothing"] {
        let answer = server.get(path).header("x-request-id", "f058ebd6-02f7").send().await.unwrap();
        assert_eq!(answer.headers()["x-request-id"], "f058ebd6-02f7", "{path}");
        let ids = [server.get(path).send().await.unwrap(), server.get(path).send().await.unwrap()]
            .map(|answer| answer.headers()["x-request-id"].to_str().unwrap().to_owned());
        assert!(ids[0].len() == 32 && ids[0] != ids[1], "{path}: {ids:?}");
    }
}

#[tokio::test]
async fn an_id_that_is_no_plain_word_is_not_taken() {
    let server = Running::start().await;
    for id in ["ada@example.com", "a b", &"x".repeat(65), "<script>", &server.acme] {
        let answer = server.get("/api/health").header("x-request-id", id).send().await.unwrap();
        assert_eq!(answer.headers()["x-request-id"].len(), 32, "{id}");
    }
}

#[tokio::test]
async fn a_page_of_the_brand_can_read_it() {
    let server = Running::start().await;
    let answer = server.get("/v1/flow").header("origin", PAGE).send().await.unwrap();
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("x-request-id") && exposed.contains("retry-after"), "{exposed}");
    let preflight = server
        .request(Method::OPTIONS, "/v1/flow")
        .header("origin", PAGE)
        .header("access-control-request-method", "GET");
    assert!(preflight.send().await.unwrap().headers().contains_key("x-request-id"));
}
