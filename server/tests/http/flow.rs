//! `GET /v1/flow` and `POST /v1/flow/actions`: the way through.

use flow::Document;
use serde_json::{Value, json};

use crate::server::{Answer, PAGE, Running};

#[tokio::test]
async fn the_first_fetch_freezes_the_document_and_later_ones_answer_the_same() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let first = server.flow(&id).await.ok();
    assert_eq!(server.count("sessions").await, 1);
    let offers: Vec<&str> = first["flow"]["offers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|offer| offer["kind"] == "discount")
        .map(|offer| offer["id"].as_str().unwrap())
        .collect();
    assert_eq!(offers, ["half"], "an offer in another currency never leaves the server");
    assert_eq!(first["flow"]["reasons"][1]["offers"], json!([]));
    assert_eq!(first["flow"]["page"]["action"], format!("{}/c", server.url));
    assert_eq!(first["state"], json!({ "runs": [] }));
    assert_eq!((&first["result"], &first["return_url"]), (&Value::Null, &Value::Null));
    assert_eq!(first["expires_at"], "2026-11-22T08:00:00.000Z");
    assert!(Document::read(&&first).is_ok(), "the widget's reading code understands it");
    assert_eq!(server.flow(&id).await.ok(), first);
}

#[tokio::test]
async fn two_first_fetches_at_once_are_one_session() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let (one, two) = tokio::join!(server.flow(&id), server.flow(&id));
    assert_eq!(one.ok(), two.ok());
    assert_eq!(server.count("sessions").await, 1);
}

#[tokio::test]
async fn an_accepted_discount_is_applied_in_the_ledger() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let answer = server
        .act(
            &id,
            json!([
                { "run": 1, "seq": 1, "do": "shown" },
                { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive", "follow_up.too_expensive": "Ten" },
                { "run": 1, "seq": 3, "do": "accept", "claim_id": "half" },
            ]),
        )
        .await
        .ok();
    let result = &answer["result"];
    assert_eq!((result["outcome"].as_str(), result["effect"].as_str()), (Some("saved"), Some("applied")));
    assert_eq!(result["offer"], json!({ "id": "half", "kind": "discount", "choice": "only" }));
    assert_eq!(result["reason"], json!({ "key": "too_expensive", "code": "too_expensive" }));
    assert_eq!(answer["state"]["runs"][0]["effect"], "applied");
    let customer = server.customer("cus_1").await;
    assert_eq!(customer["subscriptions"][0]["next_payment"]["amount"], 1000);
    assert_eq!(customer["subscriptions"][0]["status"], "active");
}

#[tokio::test]
async fn a_cancellation_is_applied_and_can_be_undone() {
    let server = Running::start().await;
    let id = server.session(2).await;
    let canceled = server.act(&id, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    let result = &canceled["result"];
    assert_eq!((result["outcome"].as_str(), result["effect"].as_str()), (Some("canceled"), Some("applied")));
    assert_eq!(result["receipt"]["effective_at"], "2026-12-10T05:00:00.000Z");
    assert_eq!(result["receipt"]["issued_at"], "2026-11-21T12:00:00.000Z");
    assert_eq!(server.customer("cus_2").await["subscriptions"][0]["cancel_at"], "2026-12-10T05:00:00.000Z");
    let undone = server.act(&id, json!([{ "run": 2, "seq": 1, "do": "undo" }])).await.ok();
    assert_eq!((&undone["result"]["outcome"], &undone["result"]["run"]), (&json!("saved"), &json!(2)));
    assert_eq!(server.customer("cus_2").await["subscriptions"][0]["cancel_at"], Value::Null);
}

#[tokio::test]
async fn a_brand_that_cancels_at_once_ends_access_at_once() {
    let server = Running::start().await;
    let answer = server.ask_session(&server.globex, json!({ "customer_id": "cus_1" })).await.ok();
    let id = answer["id"].as_str().unwrap();
    let canceled = server.act(id, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(canceled["result"]["receipt"]["undo"], false);
    assert_eq!(canceled["result"]["receipt"]["effective_at"], Value::Null);
    assert_eq!(
        server.customer("cus_1").await["subscriptions"][0]["status"],
        "active",
        "acme's customer is another"
    );
}

#[tokio::test]
async fn keeping_and_closing_change_nothing_in_billing() {
    let server = Running::start().await;
    let before = server.customer("cus_3").await;
    let id = server.session(3).await;
    let closed = server
        .act(&id, json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "close" }]))
        .await
        .ok();
    assert_eq!(
        (&closed["result"]["outcome"], &closed["result"]["effect"]),
        (&json!("aborted"), &Value::Null)
    );
    let kept = server
        .act(&id, json!([{ "run": 2, "seq": 1, "do": "shown" }, { "run": 2, "seq": 2, "do": "keep" }]))
        .await
        .ok();
    assert_eq!((&kept["result"]["outcome"], &kept["result"]["run"]), (&json!("saved"), &json!(2)));
    assert_eq!(kept["result"]["receipt"], Value::Null);
    assert_eq!(server.customer("cus_3").await, before);
    assert_eq!(server.count("intents").await, 0);
}

#[tokio::test]
async fn the_law_of_the_customers_place_decides_about_offers() {
    let server = Running::start().await;
    let policy = async |retention| {
        let id = server.session_with(retention).await;
        let answer = server.flow(&id).await.ok();
        (
            answer["policy"]["id"].as_str().unwrap().to_owned(),
            answer["flow"]["offers"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|offer| offer["kind"] == "discount")
                .count(),
        )
    };
    assert_eq!(policy(json!({ "customer_id": "cus_5" })).await, ("us-mn".into(), 0), "billing's address");
    let moved = json!({ "customer_id": "cus_5", "country": "US", "region": "US-TX" });
    assert_eq!(policy(moved).await, ("default".into(), 1), "the session's place counts before it");
    let minnesota = json!({ "customer_id": "cus_1", "country": "US", "region": "MN" });
    assert_eq!(policy(minnesota).await, ("us-mn".into(), 0));
}

#[tokio::test]
async fn time_runs_out_24_hours_before_and_20_hours_after_the_last_action() {
    let server = Running::start().await;
    let hours = jiff::SignedDuration::from_hours;
    let (late, used) = (server.session(1).await, server.session(2).await);
    server.flow(&used).await.ok();
    server.clock.advance(hours(19));
    let shown = server.act(&used, json!([{ "run": 1, "seq": 1, "do": "shown" }])).await.ok();
    assert_eq!(shown["expires_at"], "2026-11-23T03:00:00.000Z");
    server.clock.advance(hours(6));
    assert!(server.flow(&late).await.error(401).contains("expired"));
    server.flow(&used).await.ok();
    server.clock.advance(hours(15));
    assert!(server.flow(&used).await.error(401).contains("expired"));
    server.act(&used, json!([{ "run": 1, "seq": 2, "do": "cancel" }])).await.error(401);
    assert_eq!(server.count("outcomes").await, 0);
}

#[tokio::test]
async fn a_sandbox_session_says_so_in_its_result() {
    let server = Running::start().await;
    let id = server.session_with(json!({ "customer_id": "cus_1", "environment": "sandbox" })).await;
    let answer = server.act(&id, json!([{ "run": 1, "seq": 1, "do": "close" }])).await.ok();
    let token = answer["result"]["token"].as_str().unwrap();
    let verified =
        server.post("/api/public/cancel/result").json(&json!({ "token": token })).send().await.unwrap();
    assert_eq!(verified.json::<Value>().await.unwrap()["environment"], "sandbox");
}

/// Asks for the document as the widget does.
async fn posted(server: &Running, origin: &str, fields: &[(&str, &str)]) -> Answer {
    let sent = server.post("/v1/flow").header("origin", origin).form(fields).send().await;
    Answer::of(sent.expect("an answer")).await
}

#[tokio::test]
async fn a_form_gets_the_same_document_as_a_header() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let document = posted(&server, PAGE, &[("session", &id), ("public_key", "")]).await.ok();
    assert_eq!(document, server.flow(&id).await.ok());
    server.act(&id, json!([{ "run": 1, "seq": 1, "do": "shown" }])).await.ok();
    assert_eq!(posted(&server, PAGE, &[("session", &id)]).await.ok(), server.flow(&id).await.ok());
}

#[tokio::test]
async fn a_form_is_refused_for_the_same_reasons_as_a_header() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let refused = async |origin, fields: &[(&str, &str)]| posted(&server, origin, fields).await;
    assert!(refused(PAGE, &[]).await.error(401).contains("field `session`"));
    assert!(refused(PAGE, &[("session", "")]).await.error(401).contains("field `session`"));
    refused(PAGE, &[("session", "ret_made_up")]).await.error(401);
    assert!(
        refused(PAGE, &[("session", &id), ("public_key", "pk_x")]).await.error(400).contains("malformed")
    );
    assert!(
        refused("https://globex.example", &[("session", &id)]).await.error(403).contains("another brand")
    );
    assert!(refused("https://evil.example", &[("session", &id)]).await.error(403).contains("origins"));
    let sent = server.post("/v1/flow").json(&json!({ "session": id })).send().await.unwrap();
    assert!(Answer::of(sent).await.error(415).contains("x-www-form-urlencoded"));
    assert_eq!(server.count("sessions").await, 0, "nothing was stored for any of them");
}

#[tokio::test]
async fn the_first_step_comes_drawn_as_the_engine_would_draw_it() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let drawn = |document: &Value| -> Vec<String> {
        let Document { flow, policy, state } = Document::read(&document).unwrap();
        flow::opening(&flow, &policy, &state).form.drawing()
    };
    let fresh = server.flow(&id).await.ok();
    assert_eq!(fresh["first"], json!(drawn(&fresh)));
    assert!(fresh["first"].as_array().unwrap().contains(&json!(format!("@action={}/c", server.url))));
    server.act(&id, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    let ended = server.flow(&id).await.ok();
    assert_eq!(ended["first"], json!(drawn(&ended)));
    assert_ne!(ended["first"], fresh["first"], "a session that has ended opens as its receipt");
}
