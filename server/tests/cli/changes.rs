//! `farewell changes`.

use serde_json::{Value, json};

use crate::fails_with;
use crate::shop::Shop;

#[test]
fn what_customers_changed_is_listed_latest_first_and_by_what_is_asked_for() {
    let shop = Shop::open();
    shop.pauses("cus_1", "sub_1", "prod");
    shop.pauses("cus_2", "sub_2", "sandbox");
    let customers = |arguments: &[&str]| -> Vec<String> {
        let listed = shop.json(&[&["changes", "list", "--json"], arguments].concat());
        let customer = |one: &Value| one["customer"].as_str().expect("a customer").to_owned();
        listed.as_array().expect("an array").iter().map(customer).collect()
    };
    assert_eq!(customers(&[]), ["cus_2", "cus_1"]);
    assert_eq!(customers(&["--environment", "sandbox"]), ["cus_2"]);
    assert_eq!(customers(&["--status", "applied", "--limit", "1"]), ["cus_2"]);
    assert_eq!(customers(&["--customer", "cus_1", "--brand", "acme"]), ["cus_1"]);
    assert!(customers(&["--status", "pending"]).is_empty());
    assert!(customers(&["--since", "2999-01-01"]).is_empty());
    let listed = shop.json(&["changes", "list", "--customer", "cus_1", "--json"]);
    let change = &listed[0];
    assert_eq!((&change["change"], &change["subscription"]), (&json!("pause"), &json!("sub_1")));
    assert_eq!(change["pause"], json!({ "interval": "month", "count": 1 }));
    assert!(change["settled_at"].is_string(), "{change}");
    let lines = shop.does(&["changes", "list"]);
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.contains("acme (sandbox)  cus_2  sub_2  pause  applied\n"), "{lines}");
    fails_with(&shop.run(&["changes", "list", "--brand", "amce"]), &["amce", "acme"]);
}
