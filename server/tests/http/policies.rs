//! The law of a customer's place, from the session to the receipt.

use serde_json::{Value, json};

use crate::server::Running;

async fn document(server: &Running, retention: Value) -> (String, Value, Value) {
    let answer = server.ask_session(&server.acme, retention).await.ok();
    let id = answer["id"].as_str().unwrap().to_owned();
    let flow = server.flow(&id).await.ok();
    (id, answer, flow)
}

fn at(country: &str, region: Option<&str>, locale: &str) -> Value {
    let mut retention = json!({ "customer_id": "cus_1", "country": country, "locale": locale });
    if let Some(region) = region {
        retention["region"] = region.into();
    }
    retention
}

#[tokio::test]
async fn each_place_has_its_policy_its_button_and_its_words() {
    let server = Running::start().await;
    for (place, region, locale, policy, button, cancel) in [
        ("US", Some("TX"), "en", "default", "Cancel Subscription", "Cancel subscription"),
        ("US", Some("CA"), "en", "us-ca", "Cancel Subscription", "Cancel subscription"),
        ("US", Some("MN"), "en", "us-mn", "Cancel Subscription", "Cancel subscription"),
        ("NL", None, "en", "eu", "Cancel Subscription", "Cancel subscription"),
        ("DE", None, "de", "de+eu", "Verträge hier kündigen", "jetzt kündigen"),
        ("DE", None, "en", "de+eu", "Cancel contracts here", "Cancel now"),
        ("FR", None, "fr", "fr+eu", "résilier votre contrat", "notification de la résiliation"),
    ] {
        let (_, session, flow) = document(&server, at(place, region, locale)).await;
        assert_eq!(session["policy"], policy, "{place}");
        assert_eq!(session["label"], json!({ "text": button, "lang": locale }), "{place}");
        assert_eq!(flow["policy"]["id"], policy, "{place}");
        assert_eq!(flow["flow"]["words"]["cancel"], cancel, "{place}");
    }
}

#[tokio::test]
async fn where_the_law_forbids_them_offers_and_questions_never_leave_the_server() {
    let server = Running::start().await;
    for (place, region) in [("DE", None), ("FR", None)] {
        let (_, _, flow) = document(&server, at(place, region, "en")).await;
        assert_eq!((&flow["flow"]["offers"], &flow["flow"]["reasons"]), (&json!([]), &json!([])), "{place}");
        assert_eq!(flow["flow"]["feedback"], false);
    }
    let (_, _, flow) = document(&server, at("US", Some("MN"), "en")).await;
    assert_eq!(flow["flow"]["offers"], json!([]));
    assert!(!flow["flow"]["reasons"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn in_california_the_way_out_beside_an_offer_cancels() {
    let server = Running::start().await;
    let (id, _, flow) = document(&server, at("US", Some("CA"), "en")).await;
    assert_eq!(flow["flow"]["words"]["click_to_cancel"], "Click to cancel");
    let actions = json!([
        { "run": 1, "seq": 1, "do": "shown" },
        { "run": 1, "seq": 2, "do": "answer", "reason": "too_expensive" },
        { "run": 1, "seq": 3, "do": "cancel" },
    ]);
    let canceled = server.act(&id, actions).await.ok();
    assert_eq!(canceled["state"]["runs"][0]["offers"][0]["response"], "declined");
    assert_eq!(canceled["result"]["effect"], "applied");
}

#[tokio::test]
async fn in_germany_a_notice_names_kind_cause_day_and_address() {
    let server = Running::start().await;
    let (id, _, flow) = document(&server, at("DE", None, "de")).await;
    let first = flow["flow"]["cancellation"]["effective_at"].as_str().unwrap().to_owned();
    let said = json!([{ "run": 1, "seq": 1, "do": "cancel", "kind": "ordinary", "when": "date", "until": "2027-03-20",
        "email": "ada@example.com", "cause": "written, and then thought better of" }]);
    let canceled = server.act(&id, said).await.ok();
    let run = &canceled["state"]["runs"][0];
    assert_eq!(
        run["declared"],
        json!({ "extraordinary": false, "cause": null, "until": "2027-03-20", "email": "ada@example.com" })
    );
    let end = canceled["result"]["receipt"]["effective_at"].as_str().unwrap();
    assert!(end > "2027-03-20" && end < "2027-04-21" && end > first.as_str(), "{end}");
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["cancel_at"], end);
}

#[tokio::test]
async fn a_notice_for_cause_takes_effect_at_once() {
    let server = Running::start().await;
    let (id, _, _) = document(&server, at("DE", None, "de")).await;
    let said =
        json!([{ "run": 1, "seq": 1, "do": "cancel", "kind": "extraordinary", "cause": "Nichts ging." }]);
    let canceled = server.act(&id, said).await.ok();
    assert_eq!(canceled["result"]["receipt"]["effective_at"], Value::Null);
    assert_eq!(canceled["result"]["receipt"]["undo"], false);
    assert_eq!(canceled["state"]["runs"][0]["declared"]["cause"], "Nichts ging.");
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["status"], "canceled");
}

#[tokio::test]
async fn in_france_the_details_come_first_and_are_repeated() {
    let server = Running::start().await;
    let (id, _, _) = document(&server, at("FR", None, "fr")).await;
    let shown = server.act(&id, json!([{ "run": 1, "seq": 1, "do": "shown" }])).await.ok();
    assert_eq!(shown["state"]["runs"][0]["step"], "details");
    let declared = json!([{ "run": 1, "seq": 2, "do": "declare", "email": "ada@example.com" }]);
    assert_eq!(server.act(&id, declared).await.ok()["state"]["runs"][0]["step"], "confirm");
    let canceled = server.act(&id, json!([{ "run": 1, "seq": 3, "do": "cancel" }])).await.ok();
    assert_eq!(canceled["state"]["runs"][0]["declared"]["email"], "ada@example.com");
    assert_eq!(canceled["result"]["effect"], "applied");
}

#[tokio::test]
async fn a_withdrawal_ends_the_contract_at_once_and_its_token_says_so() {
    let server = Running::start().await;
    let withdraw = |more: Value| {
        let mut retention = json!({ "customer_id": "cus_1", "purpose": "withdraw", "country": "NL", "locale": "en",
            "contract_started_at": "2026-11-15" });
        retention.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        retention
    };
    for (more, why) in [
        (json!({ "contract_started_at": "2026-10-01" }), "fourteen days"),
        (json!({ "country": "US" }), "single market"),
        (json!({ "consumer": false }), "consumers"),
    ] {
        let refused = server.ask_session(&server.acme, withdraw(more)).await;
        assert!(refused.error(409).contains(why), "{}", refused.body);
    }
    assert!(
        server
            .ask_session(&server.acme, withdraw(json!({ "purpose": "stay" })))
            .await
            .error(400)
            .contains("purpose")
    );
    let (id, session, flow) = document(&server, withdraw(json!({}))).await;
    assert_eq!(session["label"]["text"], "withdraw from contract here");
    assert_eq!(flow["flow"]["words"]["cancel"], "confirm withdrawal");
    assert_eq!(flow["flow"]["declaration"]["ends"], false);
    let done = server.act(&id, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    assert_eq!(
        (&done["result"]["effect"], &done["result"]["receipt"]["effective_at"]),
        (&json!("applied"), &Value::Null)
    );
    assert_eq!(server.customer("cus_1").await["subscriptions"][0]["status"], "canceled");
    let claims: Value = {
        use base64::Engine;
        let token = done["result"]["token"].as_str().unwrap();
        let body = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap())
            .unwrap()
    };
    assert_eq!(claims["policy"], "eu-withdrawal");
}

#[tokio::test]
async fn between_businesses_the_laws_for_consumers_do_not_hold() {
    let server = Running::start().await;
    let (_, _, flow) =
        document(&server, json!({ "customer_id": "cus_1", "country": "DE", "consumer": false })).await;
    assert_eq!((&flow["policy"]["id"], &flow["policy"]["max_offers"]), (&json!("business"), &json!(2)));
}
