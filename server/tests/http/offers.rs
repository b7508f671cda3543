//! Every kind of offer, from what is shown to what billing has afterwards.

use farewell_server::billing::ledger::Import;
use farewell_server::clock;
use serde_json::{Value, json};
use sqlx::Row;

use crate::server::Running;

async fn import(server: &Running, ledger: Value) {
    let import = Import::read(&ledger.to_string()).unwrap();
    import.apply(&server.app.sessions.store, "acme", server.clock.now()).await.unwrap();
}

/// Shows the flow and gives a reason.
fn reason(key: &str) -> Value {
    json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "answer", "reason": key }])
}

fn accept(offer: &str, choice: Option<&str>) -> Value {
    let mut action = json!({ "run": 1, "seq": 3, "do": "accept", "claim_id": offer });
    if let Some(choice) = choice {
        action["choice"] = choice.into();
    }
    json!([action])
}

async fn offered(server: &Running, id: &str) -> Vec<Value> {
    server.flow(id).await.ok()["flow"]["offers"].as_array().cloned().unwrap()
}

fn texts(choice: &Value) -> Vec<&str> {
    choice["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_pause_of_a_chosen_length_puts_the_next_payment_off() {
    let server = Running::start().await;
    let id = server.session(1).await;
    let rest = offered(&server, &id).await.into_iter().find(|offer| offer["id"] == "rest").unwrap();
    assert_eq!(rest["choices"][0]["label"], "1 month");
    assert_eq!(rest["choices"][1]["id"], "3_month");
    assert_eq!(
        texts(&rest["choices"][1]),
        ["No payment before {date}.", "From then on you pay {price} again."]
    );
    server.act(&id, reason("away")).await.ok();
    assert!(server.act(&id, accept("rest", None)).await.error(409).contains("choice"));
    let done = server.act(&id, accept("rest", Some("3_month"))).await.ok();
    assert_eq!(done["result"]["effect"], "applied");
    assert_eq!(done["result"]["offer"], json!({ "id": "rest", "kind": "pause", "choice": "3_month" }));
    let subscription = server.customer("cus_1").await["subscriptions"][0].clone();
    assert_eq!(subscription["pause"]["until"], rest["choices"][1]["lines"][0]["date"]);
    assert_eq!(subscription["next_payment"]["at"], subscription["pause"]["until"]);
}

#[tokio::test]
async fn another_plan_says_what_it_costs_and_that_the_press_obliges_to_pay() {
    let server = Running::start().await;
    import(
        &server,
        json!({ "plans": [
            { "external_id": "small", "name": "Small", "amount": 700, "currency": "USD", "interval": "month" },
            { "external_id": "elsewhere", "name": "Elsewhere", "amount": 700, "currency": "EUR", "interval": "month" },
        ] }),
    )
    .await;
    // Between businesses two offers may come, one after the other.
    let id = server.session_with(json!({ "customer_id": "cus_1", "consumer": false })).await;
    let smaller = offered(&server, &id).await.into_iter().find(|offer| offer["id"] == "smaller").unwrap();
    assert_eq!(smaller["pays"], true);
    assert_eq!(smaller["choices"].as_array().unwrap().len(), 1, "a plan in another currency is none");
    assert_eq!(smaller["choices"][0]["lines"][0]["price"], json!({ "amount": 700, "currency": "USD" }));
    server.act(&id, reason("away")).await.ok();
    let another = json!([{ "run": 1, "seq": 3, "do": "another", "claim_id": "rest" }]);
    let next = server.act(&id, another).await.ok();
    assert_eq!(next["state"]["runs"][0]["offer"], "smaller");
    let taken = json!([{ "run": 1, "seq": 4, "do": "accept", "claim_id": "smaller" }]);
    assert_eq!(server.act(&id, taken).await.ok()["result"]["effect"], "applied");
    let subscription = server.customer("cus_1").await["subscriptions"][0].clone();
    assert_eq!(subscription["next_plan"]["external_id"], "small");
    assert_eq!(subscription["next_payment"]["amount"], 700);

    let rows = sqlx::query(
        "SELECT offer, response, choice, consent, answered_at FROM offers_made ORDER BY shown_at, offer",
    )
    .fetch_all(server.app.sessions.store.read())
    .await
    .unwrap();
    let row = |n: usize, column: &str| rows[n].try_get::<Option<String>, _>(column).unwrap();
    assert_eq!((row(0, "offer"), row(0, "response")), (Some("rest".into()), Some("declined".into())));
    assert_eq!((row(1, "response"), row(1, "choice")), (Some("accepted".into()), Some("small".into())));
    let consent: Value = serde_json::from_str(&row(1, "consent").unwrap()).unwrap();
    assert_eq!(consent["button"], "Agree and pay");
    assert_eq!(consent["choice"]["lines"][0]["price"]["amount"], 700);
    assert!(row(1, "answered_at").is_some());
}

#[tokio::test]
async fn a_trial_is_extended_only_where_there_is_one() {
    let server = Running::start().await;
    let paying = server.session(1).await;
    assert!(offered(&server, &paying).await.iter().all(|offer| offer["id"] != "longer"));
    import(
        &server,
        json!({ "customers": [{ "external_id": "cus_2", "subscriptions": [
            { "external_id": "sub_2", "plan": "plan_pro", "current_period_start": "2026-11-15T00:00:00Z",
              "current_period_end": "2026-11-29T00:00:00Z", "trial": true },
        ] }] }),
    )
    .await;
    let id = server.session(2).await;
    assert!(offered(&server, &id).await.iter().all(|offer| offer["id"] != "rest"), "a trial is not paused");
    server.act(&id, reason("trying")).await.ok();
    assert_eq!(server.act(&id, accept("longer", None)).await.ok()["result"]["effect"], "applied");
    let subscription = server.customer("cus_2").await["subscriptions"][0].clone();
    assert_eq!(subscription["trial_ends_at"], "2026-12-06T00:00:00.000Z");
}

#[tokio::test]
async fn a_contact_and_a_redirect_lead_elsewhere_and_change_nothing() {
    for (customer, offer, url) in
        [(1, "talk", "mailto:help@acme.example"), (2, "tour", "https://app.acme.example/tour")]
    {
        let server = Running::start().await;
        let id =
            server.session_with(json!({ "customer_id": format!("cus_{customer}"), "consumer": false })).await;
        let found = offered(&server, &id).await.into_iter().find(|one| one["id"] == offer).unwrap();
        assert_eq!(found["link"]["url"], url);
        server.act(&id, reason("help")).await.ok();
        let mut seq = 3;
        if offer == "tour" {
            server.act(&id, json!([{ "run": 1, "seq": 3, "do": "another", "claim_id": "talk" }])).await.ok();
            seq = 4;
        }
        let taken = json!([{ "run": 1, "seq": seq, "do": "accept", "claim_id": offer }]);
        let result = server.act(&id, taken).await.ok()["result"].clone();
        assert_eq!((&result["outcome"], &result["effect"]), (&json!("saved"), &Value::Null));
        assert_eq!(result["offer"]["id"], offer);
        assert_eq!(server.count("intents").await, 0);
    }
}

#[tokio::test]
async fn something_special_is_the_merchants_to_arrange() {
    let server = Running::start().await;
    let id = server.session_with(json!({ "customer_id": "cus_1", "consumer": false })).await;
    server.act(&id, reason("help")).await.ok();
    server.act(&id, json!([{ "run": 1, "seq": 3, "do": "another", "claim_id": "talk" }])).await.ok();
    let declined =
        server.act(&id, json!([{ "run": 1, "seq": 4, "do": "another", "claim_id": "tour" }])).await.ok();
    assert_eq!(declined["state"]["runs"][0]["step"], "confirm", "two offers are enough");
    let other = server.session_with(json!({ "customer_id": "cus_2", "consumer": false })).await;
    server.act(&other, reason("help")).await.ok();
    server.act(&other, json!([{ "run": 1, "seq": 3, "do": "decline", "claim_id": "talk" }, { "run": 1, "seq": 4, "do": "close" }])).await.ok();
    // Opening again makes no room: this is the second of two.
    let again = json!([{ "run": 2, "seq": 1, "do": "shown" }, { "run": 2, "seq": 2, "do": "answer", "reason": "special" },
        { "run": 2, "seq": 3, "do": "accept", "claim_id": "arrange" }]);
    let result = server.act(&other, again).await.ok()["result"].clone();
    assert_eq!((&result["outcome"], &result["effect"]), (&json!("saved"), &json!("requested")));
}

#[tokio::test]
async fn conditions_of_an_offer_never_leave_the_server_and_decide_who_gets_it() {
    let server = Running::start().await;
    let newcomer = server.session(1).await;
    assert!(offered(&server, &newcomer).await.iter().all(|offer| offer["id"] != "thanks"));
    let loyal = |customer: &str| json!({ "customer_id": customer, "contract_started_at": "2024-01-01" });
    let id = server.session_with(loyal("cus_1")).await;
    let offers = offered(&server, &id).await;
    let thanks = offers.iter().find(|offer| offer["id"] == "thanks").unwrap();
    assert_eq!(thanks["when"], Value::Null);
    server.act(&id, reason("loyal")).await.ok();
    assert_eq!(server.act(&id, accept("thanks", None)).await.ok()["result"]["effect"], "applied");
    // Who has taken another offer before does not fit any more.
    let first = server.session(2).await;
    server.act(&first, reason("too_expensive")).await.ok();
    server.act(&first, accept("half", None)).await.ok();
    let second = server.session_with(loyal("cus_2")).await;
    assert!(offered(&server, &second).await.iter().all(|offer| offer["id"] != "thanks"));
}

#[tokio::test]
async fn an_offer_that_was_taken_is_not_made_again_for_half_a_year() {
    let server = Running::start().await;
    let (first, beside) = (server.session(1).await, server.session(1).await);
    let has_half = async |id: &str| offered(&server, id).await.iter().any(|offer| offer["id"] == "half");
    assert!(has_half(&beside).await);
    server.act(&beside, reason("too_expensive")).await.ok();
    server.act(&first, reason("too_expensive")).await.ok();
    server.act(&first, accept("half", None)).await.ok();
    let twice = server.act(&beside, accept("half", None)).await;
    twice.error(409);
    assert_eq!(
        server.count("discounts").await,
        1,
        "also a session that was open before cannot take it twice"
    );
    assert!(!has_half(&server.session(1).await).await);
    server.clock.set(clock::parse("2027-05-01T00:00:00Z").unwrap());
    assert!(!has_half(&server.session(1).await).await);
    server.clock.set(clock::parse("2027-06-01T00:00:00Z").unwrap());
    assert!(has_half(&server.session(1).await).await);
}

#[tokio::test]
async fn a_claim_of_another_session_is_none_here() {
    let server = Running::start().await;
    let (mine, other) = (server.session(1).await, server.session(2).await);
    let stolen = server.claim(&other, "half").await;
    assert!(stolen.starts_with("clm_") && stolen != server.claim(&mine, "half").await);
    server.act(&mine, reason("too_expensive")).await.ok();
    server.act(&mine, accept(&stolen, None)).await.error(409);
    assert_eq!(server.count("intents").await, 0);
}
