//! Links to the hosted flow: `POST /api/v1/cancel-link`, the page behind them, the way back, and where a session is.

use jiff::SignedDuration;
use reqwest::header::LOCATION;
use serde_json::{Value, json};

use crate::server::{Answer, RETURN, Running};

const PATH: &str = "/api/v1/cancel-link";

async fn ask(server: &Running, key: &str, body: Value) -> Answer {
    Answer::of(server.post(PATH).bearer_auth(key).json(&body).send().await.unwrap()).await
}

async fn session(server: &Running, key: &str, id: &str) -> Answer {
    let sent = server.get(&format!("/api/v1/cancel-sessions/{id}")).header("x-api-key", key).send().await;
    Answer::of(sent.unwrap()).await
}

/// The path of the page that a link leads to.
pub fn path(server: &Running, link: &Value) -> String {
    link["url"].as_str().unwrap().strip_prefix(&server.url).expect("a link to this server").to_owned()
}

/// What a browser without JavaScript sends from the page: the hidden fields, and these.
pub async fn press(server: &Running, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    let html = server.get(path).send().await.unwrap().text().await.unwrap();
    let document = scraper::Html::parse_document(&html);
    let hidden = scraper::Selector::parse("input[type=hidden][name]").unwrap();
    let mut form: Vec<(String, String)> = document
        .select(&hidden)
        .map(|input| (input.attr("name").unwrap().into(), input.attr("value").unwrap_or("").into()))
        .collect();
    form.extend(fields.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    server.post("/c").form(&form).send().await.unwrap()
}

#[tokio::test]
async fn a_link_leads_to_the_flow_and_back_with_the_session_and_the_result() {
    let server = Running::start().await;
    let body = json!({
        "userId": "user_123",
        "returnUrl": format!("{RETURN}?from=app"),
        "environment": "prod",
        "context": { "plan": "pro_monthly", "mrr": 129, "tenureDays": 42 },
        "metadata": { "source": "billing_settings_page" },
    });
    let link = ask(&server, &server.acme, body).await.ok();
    assert_eq!(link["environment"], "prod");
    assert_eq!(
        (&link["expiresAt"], &link["expires_at"]),
        (&json!("2026-11-21T12:15:00.000Z"), &link["expiresAt"])
    );
    let id = link["sessionId"].as_str().unwrap();
    assert_eq!(link["session_id"], id);
    assert!(uuid::Uuid::parse_str(id).is_ok());
    assert_eq!(link.get("warnings"), None);
    let page = path(&server, &link);
    assert!(!page.contains(id), "the address of the page is not the session's id");
    assert_eq!(session(&server, &server.acme, id).await.ok()["state"], "created");

    press(&server, &page, &[("do", "cancel")]).await;
    let done = session(&server, &server.acme, id).await.ok();
    assert_eq!((&done["state"], &done["completed"]), (&json!("completed"), &json!(true)));
    assert_eq!((&done["userId"], &done["result"]), (&json!("user_123"), &json!("cancel_confirmed")));

    let left = press(&server, &page, &[("do", "close")]).await;
    let back = left.headers()[LOCATION].to_str().unwrap().to_owned();
    let (address, token) = back.split_once("#ci_result_token=").unwrap();
    assert_eq!(address, format!("{RETURN}?from=app&rb_session={id}"));
    let verified = server.post("/api/public/cancel/result").json(&json!({ "token": token })).send().await;
    let result = Answer::of(verified.unwrap()).await.ok();
    assert_eq!((&result["userId"], &result["sessionId"]), (&json!("user_123"), &json!(id)));
    assert_eq!((&result["result"], &result["effect"]), (&json!("cancel_confirmed"), &json!("requested")));
    assert_eq!(result["eventId"], done["eventId"]);
}

#[tokio::test]
async fn a_customer_nobody_has_heard_of_can_leave_and_billing_is_not_touched() {
    let server = Running::start().await;
    let link = ask(&server, &server.acme, json!({ "userId": "user_1", "returnUrl": RETURN })).await.ok();
    let page = path(&server, &link);
    press(&server, &page, &[("do", "cancel")]).await;
    let shown = server.get(&page).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("request"), "the receipt says that it is a request: {shown}");
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["cancel_at"], Value::Null);
}

#[tokio::test]
async fn where_the_brand_says_so_billing_carries_out_what_a_link_leads_to() {
    let server = Running::start_with(|text| {
        text.replacen("[brand.public]", "[brand.hosted]\nchanges_billing = true\n\n[brand.public]", 1)
    })
    .await;
    let link = ask(&server, &server.acme, json!({ "userId": "user_1", "returnUrl": RETURN })).await.ok();
    press(&server, &path(&server, &link), &[("do", "cancel")]).await;
    assert!(server.customer("cus_1").await["subscriptions"][0]["cancel_at"].is_string());
    // Somebody whom the merchant calls as billing calls another customer, who is user_2 there.
    let namesake = ask(&server, &server.acme, json!({ "userId": "cus_2", "returnUrl": RETURN })).await.ok();
    press(&server, &path(&server, &namesake), &[("do", "cancel")]).await;
    assert!(server.customer("cus_2").await["subscriptions"][0]["cancel_at"].is_null());
    let stranger = ask(&server, &server.acme, json!({ "userId": "nobody", "returnUrl": RETURN })).await.ok();
    let answered = press(&server, &path(&server, &stranger), &[("do", "cancel")]).await;
    assert_eq!(answered.status(), 303);
    let id = stranger["sessionId"].as_str().unwrap();
    assert_eq!(session(&server, &server.acme, id).await.ok()["state"], "completed");
}

#[tokio::test]
async fn the_return_address_of_the_brand_counts_where_the_link_has_none() {
    let server = Running::start().await;
    let none = ask(&server, &server.acme, json!({ "userId": "u" })).await;
    assert!(none.error(409).contains("[brand.hosted]"));
    let server = Running::start_with(|text| {
        let hosted = format!("[brand.hosted]\nreturn_url = \"{RETURN}?usual=1\"\n\n[brand.public]");
        text.replacen("[brand.public]", &hosted, 1)
    })
    .await;
    let link = ask(&server, &server.acme, json!({ "userId": "u" })).await.ok();
    let left = press(&server, &path(&server, &link), &[("do", "close")]).await;
    let back = left.headers()[LOCATION].to_str().unwrap();
    assert!(back.starts_with(&format!("{RETURN}?usual=1&rb_session=")), "{back}");
}

#[tokio::test]
async fn both_spellings_and_both_key_headers_are_accepted() {
    let server = Running::start().await;
    let null = json!({ "userId": null, "user_id": "user_1", "return_url": RETURN, "returnUrl": null });
    ask(&server, &server.acme, null).await.ok();
    let body = json!({
        "user_id": "u", "return_url": RETURN, "context": { "tenure": 42, "mrr": 12.5 },
    });
    for request in
        [server.post(PATH).bearer_auth(&server.acme), server.post(PATH).header("x-api-key", &server.acme)]
    {
        let link = Answer::of(request.json(&body).send().await.unwrap()).await.ok();
        let page = path(&server, &link);
        press(&server, &page, &[("reason", "unused"), ("do", "answer")]).await;
        press(&server, &page, &[("do", "cancel")]).await;
        let event = session(&server, &server.acme, link["sessionId"].as_str().unwrap()).await.ok();
        let event = event["eventId"].as_str().unwrap();
        let listed = server.get(&format!("/v1/cancellations/{event}")).bearer_auth(&server.acme);
        let event = Answer::of(listed.send().await.unwrap()).await.ok();
        assert_eq!(event["context"], json!({ "mrr": 12.5, "tenureDays": 42 }));
        assert_eq!((&event["reasonKey"], &event["status"]), (&json!("unused"), &json!("pending")));
    }
}

#[tokio::test]
async fn errors_come_in_the_documented_order() {
    let server = Running::start_with(|text| {
        text.replacen("slug = \"manual\"", "slug = \"manual\"\naccess = \"read_only\"", 1).replacen(
            "slug = \"globex\"",
            "slug = \"globex\"\naccess = \"demo\"",
            1,
        )
    })
    .await;
    let plain = server.post(PATH).body("nonsense");
    assert!(Answer::of(plain.send().await.unwrap()).await.error(415).contains("application/json"));
    ask(&server, "sk_acme_wrong", json!({ "userId": 1 })).await.error(401);
    ask(&server, &server.manual, json!({ "userId": 1 })).await.error(402);
    // Nor does it matter then whether the body can be read.
    for body in ["{".to_owned(), "[]".to_owned(), "x".repeat(70_000)] {
        let unreadable = |key: &str| {
            server
                .post(PATH)
                .bearer_auth(key)
                .header("content-type", "application/json")
                .body(body.clone())
                .send()
        };
        Answer::of(unreadable(&server.manual).await.unwrap()).await.error(402);
        let status = if body.len() > 64 * 1024 { 413 } else { 400 };
        Answer::of(unreadable(&server.acme).await.unwrap()).await.error(status);
    }
    assert!(ask(&server, &server.globex, json!({ "userId": 1 })).await.error(403).contains("sandbox"));
    ask(&server, &server.acme, json!({ "userId": 1, "returnUrl": "https://evil.example" })).await.error(400);
    ask(&server, &server.globex, json!({ "userId": "u", "environment": "sandbox" })).await.error(409);
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_with_its_path() {
    let server = Running::start().await;
    let wrong = json!({
        "userId": "a\u{7}b", "returnUrl": "https://evil.example", "environment": "test", "country": "UK",
        "context": { "plan": 1, "mrr": -1, "tenureDays": 1.5 }, "metadata": { "a": [1] },
        "contractStartedAt": "2026-02-30",
    });
    let answer = ask(&server, &server.acme, wrong).await;
    let error = answer.error(400);
    for path in [
        "userId",
        "returnUrl",
        "environment",
        "country",
        "context.plan",
        "context.mrr",
        "context.tenureDays",
        "metadata",
        "contractStartedAt",
    ] {
        assert!(error.contains(&format!("`{path}`")), "{path}: {error}");
    }
    for day in ["-000001-01-01", "20260131", "2026-01-31T09:30:00", "2026-01-31[u-ca=iso8601]"] {
        let body = json!({ "userId": "u", "returnUrl": RETURN, "contractStartedAt": day });
        assert!(ask(&server, &server.acme, body).await.error(400).contains("`contractStartedAt`"), "{day}");
    }
    let many: Value =
        (0..4000).map(|n| (format!("k{n}"), json!([]))).collect::<serde_json::Map<_, _>>().into();
    let body = json!({ "userId": "u", "returnUrl": RETURN, "metadata": many });
    let said = ask(&server, &server.acme, body).await.error(400).len();
    assert!(said < 8000, "the answer to a body is no larger than it: {said}");
    let empty = ask(&server, &server.acme, json!({ "returnUrl": RETURN })).await;
    assert!(empty.error(400).contains("`userId`: is missing"));
    let long = ask(&server, &server.acme, json!({ "userId": "u".repeat(256), "returnUrl": RETURN })).await;
    assert!(long.error(400).contains("255"));
}

#[tokio::test]
async fn members_that_are_not_read_are_named_in_the_sandbox_alone() {
    let server = Running::start().await;
    let body = |environment: &str| {
        json!({ "userId": "u", "returnUrl": RETURN, "environment": environment, "colour": "red",
                "context": { "plan": "p", "seats": 3 } })
    };
    let sandbox = ask(&server, &server.acme, body("sandbox")).await.ok();
    assert_eq!(sandbox["warnings"], json!(["`colour` is not a field.", "`context.seats` is not a field."]));
    assert_eq!(ask(&server, &server.acme, body("prod")).await.ok().get("warnings"), None);
}

#[tokio::test]
async fn a_link_is_followed_within_its_time_and_the_session_lives_on() {
    let server = Running::start().await;
    let ask = async || ask(&server, &server.acme, json!({ "userId": "u", "returnUrl": RETURN })).await.ok();
    let (followed, late) = (ask().await, ask().await);
    let (followed, late) = (path(&server, &followed), path(&server, &late));
    assert_eq!(server.get(&followed).send().await.unwrap().status(), 200);
    server.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(server.get(&followed).send().await.unwrap().status(), 200);
    assert_eq!(server.get(&late).send().await.unwrap().status(), 401);
    assert_eq!(server.count("sessions").await, 1);
}

#[tokio::test]
async fn where_a_session_is_says_every_stage() {
    let server = Running::start().await;
    let link = ask(&server, &server.acme, json!({ "userId": "u", "returnUrl": RETURN })).await.ok();
    let (id, page) = (link["sessionId"].as_str().unwrap(), path(&server, &link));
    let state = async || session(&server, &server.acme, id).await.ok()["state"].clone();
    assert_eq!(state().await, "created");
    press(&server, &page, &[("reason", "too_expensive"), ("do", "answer")]).await;
    assert_eq!(state().await, "offer_shown");
    server.clock.advance(SignedDuration::from_hours(21));
    assert_eq!(state().await, "expired");
}

#[tokio::test]
async fn only_an_advanced_brand_is_told_where_its_own_session_is() {
    let server = Running::start().await;
    let link = ask(&server, &server.acme, json!({ "userId": "u", "returnUrl": RETURN })).await.ok();
    let id = link["sessionId"].as_str().unwrap();
    session(&server, "sk_acme_wrong", id).await.error(401);
    assert!(session(&server, &server.manual, id).await.error(403).contains("advanced"));
    session(&server, &server.acme, "2b1f0c1e-6f57-4a0e-9f0b-0d6c2a8f5b11").await.error(404);
    session(&server, &server.acme, "not-a-uuid").await.error(400);
    session(&server, &server.acme, "").await.error(400);
}
