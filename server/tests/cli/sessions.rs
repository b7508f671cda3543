//! `farewell sessions`.

use serde_json::{Value, json};

use crate::fails_with;
use crate::shop::Shop;

#[test]
fn sessions_are_listed_latest_first_and_by_what_is_asked_for() {
    let shop = Shop::open();
    let receipt = shop.leaves("cus_1");
    shop.stays("cus_2");
    shop.flow(&shop.session("cus_3", json!({ "environment": "sandbox" })));
    let customers = |arguments: &[&str]| -> Vec<String> {
        let listed = shop.json(&[&["sessions", "list", "--json"], arguments].concat());
        let customer = |one: &Value| one["customer"].as_str().expect("a customer").to_owned();
        listed.as_array().expect("an array").iter().map(customer).collect()
    };
    assert_eq!(customers(&[]), ["cus_3", "cus_2", "cus_1"]);
    assert_eq!(customers(&["--state", "open"]), ["cus_3"]);
    assert_eq!(customers(&["--state", "ended"]), ["cus_2", "cus_1"]);
    assert_eq!(customers(&["--environment", "sandbox"]), ["cus_3"]);
    assert_eq!(customers(&["--environment", "prod", "--limit", "1"]), ["cus_2"]);
    assert_eq!(customers(&["--customer", "cus_1", "--brand", "acme"]), ["cus_1"]);
    assert!(customers(&["--brand", "globex"]).is_empty());
    assert_eq!(customers(&["--since", "2001-01-01"]).len(), 3);
    assert!(customers(&["--since", "2999-01-01"]).is_empty());
    let lines = shop.does(&["sessions", "list", "--state", "ended"]);
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.contains("  ended  canceled  applied  ") && lines.contains(&receipt), "{lines}");
    assert!(lines.contains("  ended  saved  applied  "), "{lines}");
    fails_with(&shop.run(&["sessions", "list", "--brand", "amce"]), &["amce", "acme"]);
    let wrong = shop.run(&["sessions", "list", "--since", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
}

#[test]
fn a_session_past_its_time_has_ended_without_an_outcome() {
    let shop = Shop::open();
    shop.flow(&shop.session("cus_1", json!({})));
    assert_eq!(shop.json(&["sessions", "list", "--json"])[0]["state"], "open");
    crate::shop::execute(&shop.database(), "UPDATE sessions SET expires_at = '2001-01-01T00:00:00.000Z'");
    let listed = shop.json(&["sessions", "list", "--json"]);
    assert_eq!((&listed[0]["state"], &listed[0]["outcome"]), (&json!("ended"), &Value::Null));
}

#[test]
fn a_session_is_shown_with_every_step_and_texts_only_when_asked_for() {
    let shop = Shop::open();
    let receipt = shop.leaves("cus_1");
    let shown = shop.json(&["sessions", "show", &receipt, "--json"]);
    assert_eq!((&shown["customer"], &shown["state"]), (&json!("cus_1"), &json!("ended")));
    assert_eq!(shown["policy"], "us-ca");
    let run = &shown["runs"][0];
    let did = |action: &Value| action["do"].as_str().expect("what was done").to_owned();
    let done: Vec<_> = run["actions"].as_array().expect("actions").iter().map(did).collect();
    assert_eq!(done, ["shown", "answer", "decline", "cancel"]);
    assert_eq!(run["actions"][1]["reason"], "too_expensive");
    assert_eq!(run["actions"][1]["feedback"], "(18 characters)");
    assert_eq!((&run["outcome"], &run["effect"]), (&json!("canceled"), &json!("applied")));
    assert_eq!(
        (&run["offers"][0]["offer"], &run["offers"][0]["response"]),
        (&json!("half"), &json!("declined"))
    );
    assert_eq!(
        (&shown["billing"][0]["kind"], &shown["billing"][0]["status"]),
        (&json!("cancel"), &json!("applied"))
    );
    assert_eq!(shown["receipts"][0]["reference"], json!(receipt));
    let id = shown["id"].as_str().expect("an id");
    let plain = shop.does(&["sessions", "show", id]);
    assert!(!plain.contains("Said by a customer") && !plain.contains("TEN"), "{plain}");
    assert!(plain.contains("outcome: canceled") && plain.contains("reason: too_expensive"), "{plain}");
    let told = shop.does(&["sessions", "show", id, "--with-text"]);
    assert!(told.contains("feedback: Said by a customer") && told.contains("=TEN dollars"), "{told}");
    fails_with(&shop.run(&["sessions", "show", "FW-XXXX-XXXX"]), &["FW-XXXX-XXXX", "sessions list"]);
}

#[test]
fn a_customers_words_do_not_reach_the_terminal_as_commands() {
    let shop = Shop::open();
    let id = shop.session("cus_1", json!({}));
    let feedback = "one\u{1b}[2J\ntwo: \u{202e}three";
    shop.act(
        &id,
        json!([{ "run": 1, "seq": 1, "do": "shown" }, { "run": 1, "seq": 2, "do": "leave", "feedback": feedback }]),
    );
    let listed = shop.json(&["sessions", "list", "--json"]);
    let shown = shop.does(&["sessions", "show", listed[0]["id"].as_str().expect("an id"), "--with-text"]);
    assert!(shown.contains("feedback: one [2J two:  three"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
}
