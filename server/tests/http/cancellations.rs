//! The ledger of cancellations: told over `/api/v1/cancellations`, written by the flow, and read.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Running};

const PATH: &str = "/api/v1/cancellations";

async fn tell(server: &Running, key: &str, body: Value) -> Answer {
    Answer::of(server.post(PATH).header("x-api-key", key).json(&body).send().await.unwrap()).await
}

async fn settle(server: &Running, event: &str, body: Value) -> Answer {
    let request = server.request(Method::PATCH, &format!("{PATH}/{event}")).bearer_auth(&server.acme);
    Answer::of(request.json(&body).send().await.unwrap()).await
}

async fn read(server: &Running, path: &str) -> Answer {
    Answer::of(server.get(path).bearer_auth(&server.acme).send().await.unwrap()).await
}

fn event(id: &str) -> Value {
    json!({ "eventId": id, "userId": "user_456", "reasonKey": "too_expensive" })
}

/// Globex is a demo on the advanced plan, and manual read-only.
fn as_demo_and_read_only(text: String) -> String {
    text.replacen("slug = \"globex\"", "slug = \"globex\"\nplan = \"advanced\"\naccess = \"demo\"", 1)
        .replacen("slug = \"manual\"", "slug = \"manual\"\naccess = \"read_only\"", 1)
}

#[tokio::test]
async fn an_event_is_kept_as_it_was_told() {
    let server = Running::start().await;
    let told = json!({
        "environment": "sandbox", "eventId": "cancel_evt_8f30a7bf", "userId": "user_456",
        "reasonKey": "too_expensive", "outcome": "churned",
        "offer": { "type": "discount", "accepted": true, "label": "20% off next month" },
        "reasonText": "Needs lower\nmonthly price",
        "context": { "plan": "pro", "mrr": 129, "tenureDays": 42 },
        "occurredAt": "2026-11-20T09:30:00+02:00", "metadata": { "ticket": 7, "vip": true },
    });
    let answer = tell(&server, &server.acme, told.clone()).await.ok();
    for (member, value) in told.as_object().unwrap() {
        let value = if member == "occurredAt" { &json!("2026-11-20T07:30:00.000Z") } else { value };
        assert_eq!(&answer[member], value, "{member}");
    }
    assert_eq!((&answer["status"], &answer["duplicate"]), (&json!("final"), &json!(false)));
    assert_eq!(
        (&answer["source"], &answer["createdAt"]),
        (&json!("api"), &json!("2026-11-21T12:00:00.000Z"))
    );
    let detail = read(&server, "/v1/cancellations/cancel_evt_8f30a7bf").await.ok();
    assert_eq!((&detail["metadata"], &detail["history"]), (&told["metadata"], &json!([])));
}

#[tokio::test]
async fn told_again_it_is_the_same_event_and_nothing_is_overwritten() {
    let server = Running::start().await;
    let first = tell(&server, &server.acme, event("e 1/ä")).await.ok();
    assert_eq!((&first["outcome"], &first["status"]), (&Value::Null, &json!("pending")));
    let mut other = event("e 1/ä");
    other["reasonKey"] = "unused".into();
    other["outcome"] = "churned".into();
    let again = tell(&server, &server.acme, other).await.ok();
    assert_eq!((&again["duplicate"], &again["reasonKey"]), (&json!(true), &json!("too_expensive")));
    assert_eq!(again["outcome"], Value::Null);
    let mut elsewhere = event("e 1/ä");
    elsewhere["environment"] = "sandbox".into();
    tell(&server, &server.acme, elsewhere).await.error(409);
    assert_eq!(server.count("cancellations").await, 1);
    let settled = settle(&server, "e%201%2F%C3%A4", json!({ "outcome": "recovered" })).await.ok();
    assert_eq!(settled["eventId"], "e 1/ä");
}

#[tokio::test]
async fn the_last_outcome_counts_and_all_are_kept() {
    let server = Running::start().await;
    tell(&server, &server.acme, event("e1")).await.ok();
    settle(&server, "e1", json!({ "outcome": "churned", "metadata": { "by": "ops" } })).await.ok();
    let at = json!({ "outcome": "recovered", "effectiveAt": "2026-12-01T00:00:00Z", "environment": "prod" });
    let settled = settle(&server, "e1", at).await.ok();
    assert_eq!((&settled["outcome"], &settled["status"]), (&json!("recovered"), &json!("final")));
    assert_eq!(settled["effectiveAt"], "2026-12-01T00:00:00.000Z");
    assert_eq!(settled["reasonKey"], "too_expensive");
    let history = settled["history"].as_array().unwrap();
    let outcomes: Vec<_> = history.iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["churned", "recovered"]);
    assert_eq!(history[0]["metadata"], json!({ "by": "ops" }));
}

#[tokio::test]
async fn an_outcome_needs_its_event_in_its_environment() {
    let server = Running::start().await;
    tell(&server, &server.acme, event("e1")).await.ok();
    settle(&server, "e2", json!({ "outcome": "churned" })).await.error(404);
    settle(&server, "e1", json!({ "outcome": "churned", "environment": "sandbox" })).await.error(409);
    assert!(settle(&server, "e1", json!({})).await.error(400).contains("`outcome`"));
    settle(&server, "e1", json!({ "outcome": "left" })).await.error(400);
    settle(&server, "e1", json!({ "outcome": "churned", "effectiveAt": "2026-13-01T00:00:00Z" }))
        .await
        .error(400);
    settle(&server, "%FF", json!({ "outcome": "churned" })).await.error(400);
    let globex = server.request(Method::PATCH, &format!("{PATH}/e1")).bearer_auth(&server.globex);
    Answer::of(globex.json(&json!({ "outcome": "churned" })).send().await.unwrap()).await.error(403);
}

#[tokio::test]
async fn errors_come_in_the_documented_order() {
    let server = Running::start_with(as_demo_and_read_only).await;
    for method in [Method::POST, Method::PATCH] {
        let path = if method == Method::POST { PATH.to_owned() } else { format!("{PATH}/e1") };
        let send = async |key: &str, json: bool| {
            let request = server.request(method.clone(), &path).header("x-api-key", key);
            let request = if json { request.json(&json!({ "outcome": 1 })) } else { request.body("x") };
            Answer::of(request.send().await.unwrap()).await
        };
        send("sk_acme_wrong", false).await.error(415);
        send("sk_acme_wrong", true).await.error(401);
        let read_only = if method == Method::POST { 402 } else { 403 };
        send(&server.manual, true).await.error(read_only);
        for (key, status) in [(&server.manual, read_only), (&server.globex, 403), (&server.acme, 400)] {
            let request = server.request(method.clone(), &path).header("x-api-key", key);
            let broken = request.header("content-type", "application/json").body("{");
            Answer::of(broken.send().await.unwrap()).await.error(status);
        }
        assert!(send(&server.globex, true).await.error(403).contains("demo"));
        send(&server.acme, true).await.error(400);
    }
    let core = Running::start().await;
    assert!(tell(&core, &core.globex, event("e1")).await.error(403).contains("advanced"));
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_with_its_path() {
    let server = Running::start().await;
    let wrong = json!({
        "eventId": "", "userId": ["u"], "reasonText": "a\u{0}b", "environment": "live", "outcome": "left",
        "offer": { "type": 1, "accepted": "yes", "label": "l".repeat(501) }, "context": "pro",
        "occurredAt": "yesterday", "metadata": { "deep": { "er": 1 } },
    });
    let answer = tell(&server, &server.acme, wrong).await;
    let error = answer.error(400);
    for path in [
        "eventId",
        "userId",
        "reasonKey",
        "reasonText",
        "environment",
        "outcome",
        "offer.type",
        "offer.accepted",
        "offer.label",
        "context",
        "occurredAt",
        "metadata",
    ] {
        assert!(error.contains(&format!("`{path}`")), "{path}: {error}");
    }
    assert_eq!(server.count("cancellations").await, 0);
}

#[tokio::test]
async fn what_the_flow_comes_to_is_in_the_ledger() {
    let server = Running::start().await;
    let run = async |customer: u32, actions: Value| {
        let id = server.session(customer).await;
        server.act(&id, actions).await.ok();
        id
    };
    let left = run(
        1,
        json!([{ "run": 1, "seq": 1, "do": "answer", "reason": "unused", "feedback": "Bye" },
                             { "run": 1, "seq": 2, "do": "cancel" }]),
    )
    .await;
    run(
        2,
        json!([{ "run": 1, "seq": 1, "do": "answer", "reason": "too_expensive" },
                  { "run": 1, "seq": 2, "do": "accept", "claim_id": "half" }]),
    )
    .await;
    run(3, json!([{ "run": 1, "seq": 1, "do": "close" }])).await;
    let listed = read(&server, "/v1/cancellations").await.ok();
    let events = listed["cancellations"].as_array().unwrap();
    let told: Vec<_> = events.iter().map(|e| (e["userId"].clone(), e["outcome"].clone())).collect();
    assert_eq!(told, [(json!("user_2"), json!("recovered")), (json!("user_1"), json!("churned"))]);
    assert_eq!(
        events[0]["offer"],
        json!({ "type": "discount", "accepted": true, "label": "Half price for three months" })
    );
    assert_eq!((&events[1]["reasonKey"], &events[1]["reasonText"]), (&json!("unused"), &json!("Bye")));
    assert_eq!(listed["next"], Value::Null);
    // Taken back, it is recovered.
    server.act(&left, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
    let back = read(&server, "/v1/cancellations?userId=user_1").await.ok();
    assert_eq!(back["cancellations"].as_array().unwrap().len(), 1, "{back}");
    assert_eq!(back["cancellations"][0]["outcome"], "recovered");
}

#[tokio::test]
async fn a_list_is_read_part_by_part_and_filtered() {
    let server = Running::start().await;
    for n in 0..5 {
        let mut event = event(&format!("e{n}"));
        event["environment"] = if n == 4 { "sandbox" } else { "prod" }.into();
        event["outcome"] = if n % 2 == 0 { json!("churned") } else { Value::Null };
        event["occurredAt"] = format!("2026-11-1{n}T00:00:00Z").into();
        tell(&server, &server.acme, event).await.ok();
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let part = read(&server, &format!("/v1/cancellations?limit=3{cursor}")).await.ok();
        seen.extend(part["cancellations"].as_array().unwrap().iter().map(|e| e["eventId"].clone()));
        let Some(next) = part["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["e3", "e2", "e1", "e0"]);
    for (query, expected) in [
        ("environment=sandbox", vec!["e4"]),
        ("outcome=pending", vec!["e3", "e1"]),
        ("outcome=churned", vec!["e2", "e0"]),
        ("since=2026-11-11T00:00:00Z&until=2026-11-13T00:00:00Z", vec!["e2", "e1"]),
        ("reasonKey=unused", vec![]),
    ] {
        let part = read(&server, &format!("/v1/cancellations?{query}")).await.ok();
        let ids: Vec<_> =
            part["cancellations"].as_array().unwrap().iter().map(|e| e["eventId"].clone()).collect();
        assert_eq!(ids, expected, "{query}");
    }
    for wrong in ["limit=0", "limit=501", "cursor=x", "outcome=left", "colour=red", "limit=1&limit=2"] {
        read(&server, &format!("/v1/cancellations?{wrong}")).await.error(400);
    }
}

#[tokio::test]
async fn the_reasons_of_a_brand_can_be_read() {
    let server = Running::start().await;
    let reasons = read(&server, "/v1/reasons").await.ok();
    for path in ["/v1/reasons", "/v1/cancellations/e1"] {
        let asked = read(&server, &format!("{path}?environment=sandbox")).await;
        assert!(asked.error(400).contains("`environment`"), "what is not read is not passed over: {path}");
        assert_eq!(server.get(&format!("{path}?a=1")).send().await.unwrap().status(), 401);
    }
    let first = &reasons["reasons"][0];
    assert_eq!((&first["key"], &first["code"]), (&json!("too_expensive"), &json!("too_expensive")));
    assert_eq!(first["offers"], json!(["half"]));
}

#[tokio::test]
async fn sessions_are_listed_part_by_part_and_filtered() {
    let server = Running::start().await;
    for (customer, actions) in [
        (1, json!([{ "run": 1, "seq": 1, "do": "cancel" }])),
        (2, json!([{ "run": 1, "seq": 1, "do": "keep" }])),
        (3, json!([{ "run": 1, "seq": 1, "do": "shown" }])),
    ] {
        let id = server.session(customer).await;
        server.act(&id, actions).await.ok();
        server.clock.advance(jiff::SignedDuration::from_secs(60));
    }
    let sandbox = server.session_with(json!({ "customer_id": "cus_4", "environment": "sandbox" })).await;
    server.flow(&sandbox).await.ok();
    let whole = read(&server, "/v1/sessions").await.ok();
    let seen: Vec<_> = whole["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| (session["customerId"].as_str().unwrap(), session["state"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("cus_3", "opened"), ("cus_2", "completed"), ("cus_1", "completed")]);
    let first = &whole["sessions"][2];
    assert_eq!((&first["result"], &first["effect"]), (&json!("cancel_confirmed"), &json!("applied")));
    assert_eq!((&first["userId"], &first["subscriptionId"]), (&json!("user_1"), &json!("sub_1")));
    let mut by_one = Vec::new();
    let mut next = String::new();
    loop {
        let part = read(&server, &format!("/v1/sessions?limit=1{next}")).await.ok();
        by_one.extend(part["sessions"].as_array().unwrap().clone());
        let Some(cursor) = part["next"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(json!(by_one), whole["sessions"]);
    for (query, customers) in [
        ("environment=sandbox", vec!["cus_4"]),
        ("outcome=canceled", vec!["cus_1"]),
        ("outcome=none", vec!["cus_3"]),
        ("customerId=user_2", vec!["cus_2"]),
        ("since=2026-11-21T12:02:00Z", vec!["cus_3"]),
    ] {
        let part = read(&server, &format!("/v1/sessions?{query}")).await.ok();
        let found: Vec<_> =
            part["sessions"].as_array().unwrap().iter().map(|one| one["customerId"].clone()).collect();
        assert_eq!(found, customers, "{query}");
    }
    for wrong in ["limit=201", "cursor=x", "outcome=left", "colour=red"] {
        read(&server, &format!("/v1/sessions?{wrong}")).await.error(400);
    }
}
