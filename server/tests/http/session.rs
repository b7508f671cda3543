//! `POST /v1/retention/session`.

use serde_json::json;

use crate::server::{Answer, RETURN, Running};

#[tokio::test]
async fn answers_with_both_shapes_and_stores_nothing() {
    let server = Running::start().await;
    let answer = server.ask_session(&server.acme, json!({ "customer_id": "cus_1" })).await.ok();
    let id = answer["id"].as_str().unwrap();
    assert!(id.starts_with("ret_"));
    assert_eq!(answer["session"]["id"], id);
    assert_eq!(answer["label"], json!({ "text": "Cancel Subscription", "lang": "en" }));
    assert_eq!(answer["expires_at"], "2026-11-22T12:00:00.000Z");
    assert_eq!(server.count("sessions").await, 0);
}

#[tokio::test]
async fn one_key_works_in_every_header_that_is_documented() {
    let server = Running::start().await;
    let body = json!({ "retention": { "customer_id": "cus_1" } });
    let post = || server.post("/v1/retention/session").json(&body);
    for request in [
        post().header("X-Brand-Key", &server.acme),
        post().header("x-api-key", &server.acme),
        post().bearer_auth(&server.acme),
    ] {
        assert_eq!(Answer::of(request.send().await.unwrap()).await.status, 200);
    }
}

#[tokio::test]
async fn customers_are_found_by_id_by_email_in_any_case_or_by_both() {
    let server = Running::start().await;
    for retention in [
        json!({ "customer_id": "cus_1" }),
        json!({ "customer_email": "C1@Example.com" }),
        json!({ "customer_id": "cus_1", "customer_email": "c1@example.com", "subscription_id": "sub_1" }),
        json!({ "customer_id": "cus_1", "customer_email": null, "subscription_id": null }),
    ] {
        let id = server.session_with(retention).await;
        let flow = server.flow(&id).await.ok();
        assert_eq!(flow["flow"]["subscription"]["plan"], "Pro");
    }
}

#[tokio::test]
async fn whom_it_cannot_find_is_told_apart() {
    let server = Running::start().await;
    let ask = async |retention| server.ask_session(&server.acme, retention).await;
    assert!(ask(json!({})).await.error(400).contains("retention.customer_id"));
    assert!(ask(json!({ "customer_id": "cus_none" })).await.error(404).contains("No customer"));
    assert!(ask(json!({ "customer_email": "no@example.com" })).await.error(404).contains("No customer"));
    let other = json!({ "customer_id": "cus_1", "subscription_id": "sub_2" });
    assert!(ask(other).await.error(404).contains("subscription"));
    let contradiction = json!({ "customer_id": "cus_1", "customer_email": "c2@example.com" });
    assert!(ask(contradiction).await.error(400).contains("different customers"));
    assert!(ask(json!({ "customer_email": "twin@example.com" })).await.error(409).contains("customer_id"));
    assert!(ask(json!({ "customer_id": "cus_6" })).await.error(409).contains("sub_6"));
    assert!(ask(json!({ "customer_id": "cus_8" })).await.error(409).contains("already canceled"));
}

#[tokio::test]
async fn keys_that_are_missing_wrong_public_or_revoked_are_401() {
    let server = Running::start().await;
    let retention = json!({ "customer_id": "cus_1" });
    let unsigned = server.post("/v1/retention/session").json(&json!({ "retention": retention }));
    assert!(Answer::of(unsigned.send().await.unwrap()).await.error(401).contains("X-Brand-Key"));
    let altered = format!("{}x", server.acme);
    for wrong in ["sk_acme_wrong", "", "nonsense", &altered] {
        server.ask_session(wrong, retention.clone()).await.error(401);
    }
    let public = server.ask_session("pk_acme_aHR0cDovLzE", retention.clone()).await;
    assert!(public.error(401).contains("public key"));
    let listed = server.app.keys.list().await.unwrap();
    let acme = listed.iter().find(|key| key.brand == "acme").unwrap();
    assert!(server.app.keys.revoke(&acme.id).await.unwrap());
    server.ask_session(&server.acme, retention).await.error(401);
}

#[tokio::test]
async fn fields_that_are_wrong_are_named_all_at_once() {
    let server = Running::start().await;
    let wrong = json!({
        "customer_id": 5, "country": "UK", "region": "MN", "locale": "not a tag", "consumer": "yes",
        "contract_started_at": "yesterday", "environment": "test", "return_url": "https://evil.example",
        "metadata": { "a": { "b": 1 } }, "subscripton_id": "x", "unrelated": true,
    });
    let answer = server.ask_session(&server.acme, wrong).await;
    let error = answer.error(400);
    for field in [
        "customer_id",
        "country",
        "locale",
        "consumer",
        "contract_started_at",
        "environment",
        "return_url",
        "metadata",
    ] {
        assert!(error.contains(&format!("`retention.{field}`")), "{field}: {error}");
    }
    assert!(error.contains("did you mean `subscription_id`?") && !error.contains("unrelated"), "{error}");
    let alone = server.ask_session(&server.acme, json!({ "customer_id": "cus_1", "region": "MN" })).await;
    assert!(alone.error(400).contains("`retention.region`: needs `country`"));
}

#[tokio::test]
async fn return_urls_have_to_be_allowed_and_keep_query_and_fragment() {
    let server = Running::start().await;
    for allowed in [
        RETURN.to_owned(),
        format!("{RETURN}?plan=1#/route"),
        "https://shop.acme.example/anywhere/at/all".into(),
    ] {
        let id = server.session_with(json!({ "customer_id": "cus_1", "return_url": allowed })).await;
        assert_eq!(server.flow(&id).await.ok()["return_url"], allowed);
    }
    for refused in [
        "https://app.acme.example/billing/callback/deeper",
        "https://app.acme.example",
        "https://app.acme.example.evil.example/billing/callback",
        "https://user@app.acme.example/billing/callback",
        "http://app.acme.example/billing/callback",
        "javascript:alert(1)",
        "/billing/callback",
    ] {
        let answer =
            server.ask_session(&server.acme, json!({ "customer_id": "cus_1", "return_url": refused })).await;
        assert!(answer.error(400).contains("return_url"), "{refused}");
    }
}

#[tokio::test]
async fn bodies_of_another_type_or_too_large_or_broken_are_told_apart() {
    let server = Running::start().await;
    let post = || server.post("/v1/retention/session").header("x-brand-key", &server.acme);
    let answer = async |request: reqwest::RequestBuilder| Answer::of(request.send().await.unwrap()).await;
    let json = |text: String| post().header("content-type", "application/json; charset=utf-8").body(text);
    assert!(answer(post().body("{}")).await.error(415).contains("application/json"));
    let form = post().form(&[("retention", "x")]);
    answer(form).await.error(415);
    assert!(answer(json("x".repeat(64 * 1024 + 1))).await.error(413).contains("64 KiB"));
    assert!(answer(json("{".into())).await.error(400).contains("not JSON"));
    assert!(answer(json("[]".into())).await.error(400).contains("object"));
    assert!(answer(json("{}".into())).await.error(400).contains("retention"));
    assert!(answer(json(r#"{"retention":"cus_1"}"#.into())).await.error(400).contains("retention"));
}

#[tokio::test]
async fn a_merchant_with_its_own_billing_names_whom_it_wants() {
    let server = Running::start().await;
    let answer =
        server.ask_session(&server.manual, json!({ "customer_id": "anybody", "subscription_id": "s" })).await;
    let id = answer.ok()["id"].as_str().unwrap().to_owned();
    let flow = server.flow(&id).await.ok();
    assert_eq!(flow["flow"]["subscription"]["price"], json!(null));
    assert_eq!(flow["flow"]["offers"][0]["choices"][0]["lines"], json!([]));
    let canceled = server.act(&id, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(canceled["result"]["effect"], "requested");
    assert_eq!(canceled["result"]["receipt"]["undo"], false);
}

#[tokio::test]
async fn an_id_that_is_made_can_be_read_and_what_would_be_too_long_is_refused() {
    let server = Running::start().await;
    let url = |query: &str, count: usize| format!("{RETURN}?q={}", query.repeat(count));
    // Every one of these letters takes six bytes in a URL.
    let encoded = json!({ "customer_id": "cus_1", "return_url": url("é", 1000) });
    assert!(server.ask_session(&server.acme, encoded).await.error(400).contains("`retention.return_url`"));
    let long = json!({ "customer_id": "cus_1", "return_url": url("q", 1900) });
    let id = server.session_with(long.clone()).await;
    server.flow(&id).await.ok();
    let mut longer = json!({
        "customer_id": "c".repeat(255), "subscription_id": "s".repeat(255), "metadata": { "note": "n".repeat(2000) },
    });
    longer["return_url"] = long["return_url"].clone();
    let refused = server.ask_session(&server.manual, longer).await;
    assert!(refused.error(400).contains("6000 characters"));
}
