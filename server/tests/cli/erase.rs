//! `farewell erase`.

use std::path::Path;

use serde_json::json;

use crate::fails_with;
use crate::shop::{Shop, count, execute};

const ERASE_1: [&str; 5] = ["erase", "--brand", "acme", "--customer", "cus_1"];
const ERASE_2: [&str; 5] = ["erase", "--brand", "acme", "--customer", "cus_2"];

/// Whether a text stands anywhere in a file, also in what is free to be written over.
fn holds(file: &Path, text: &str) -> bool {
    let bytes = std::fs::read(file).expect("a file");
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// A customer who says something and closes the flow: no receipt.
fn looks(shop: &Shop, customer: &str) {
    let id = shop.session(customer, json!({ "metadata": { "note": format!("about {customer}") } }));
    shop.act(
        &id,
        json!([
            { "run": 1, "seq": 1, "do": "shown" },
            { "run": 1, "seq": 2, "do": "leave", "reason": "unused", "feedback": format!("from {customer}") },
            { "run": 1, "seq": 3, "do": "close" },
        ]),
    );
}

#[test]
fn of_a_customer_without_a_receipt_nothing_is_left_in_the_file() {
    let mut shop = Shop::open();
    looks(&shop, "cus_2");
    shop.stays("cus_3");
    let tried = shop.does(&[&ERASE_2[..], &["--dry-run"]].concat());
    assert!(tried.contains("\nWould be erased: 3 actions, "), "{tried}");
    assert_eq!(shop.count("SELECT COUNT(*) FROM sessions"), 2);
    assert_eq!(shop.count("SELECT COUNT(*) FROM erasures"), 0, "a try leaves no line");
    let done = shop.does(&ERASE_2);
    assert!(done.contains("1 sessions") && done.contains("2 ledger rows"), "{done}");
    shop.stop();
    for text in ["cus_2", "user_2", "c2@example.com", "Customer 2", "sub_2", "from cus_2"] {
        assert!(!holds(&shop.database(), text), "{text}");
    }
    assert!(holds(&shop.database(), "cus_3"));
    assert_eq!(shop.count("SELECT COUNT(*) FROM erasures"), 1);
    assert!(shop.does(&ERASE_2).contains("Nothing is known of this customer"));
    fails_with(&shop.run(&["erase", "--brand", "amce", "--customer", "x"]), &["amce", "acme"]);
}

#[test]
fn what_the_merchants_own_id_leads_to_is_erased_too() {
    let mut shop = Shop::telling();
    for n in [2, 3] {
        looks(&shop, &format!("cus_{n}"));
        let user = format!("user_{n}");
        shop.tell(&user, &format!("event_{n}"), &format!("told of {user}"));
        // Some merchants name customers here as billing does.
        shop.tell(&format!("cus_{n}"), &format!("other_{n}"), "said");
        shop.link(&user, &json!({ "note": format!("unopened {n}") }));
        assert_eq!(shop.follow(&shop.link(&user, &json!({ "note": format!("opened {n}") }))), 200);
    }
    let erase = ["erase", "--brand", "acme", "--customer", "user_2"];
    fails_with(
        &shop.run(&erase),
        &["a webhook is not delivered yet: cancellation.created evt_", "session.completed evt_"],
    );
    let counts = |sql| shop.count(sql);
    let before = (
        counts("SELECT COUNT(*) FROM cancellations"),
        counts("SELECT COUNT(*) FROM cancel_links"),
        counts("SELECT COUNT(*) FROM webhook_events"),
        counts("SELECT COUNT(*) FROM sessions"),
    );
    assert_eq!((before.0, before.1, before.3), (4, 4, 4));
    let erased = shop.json(&[&erase[..], &["--even-pending", "--json"]].concat());
    assert_eq!(erased["matched"], json!({ "customer": "cus_2", "users": ["user_2"] }));
    for (what, rows) in [("cancellations", 2), ("cancellation outcomes", 2), ("links", 2), ("sessions", 2)] {
        assert_eq!(erased["counts"][what], rows, "{what}");
    }
    assert_eq!(
        (
            counts("SELECT COUNT(*) * 2 FROM cancellations"),
            counts("SELECT COUNT(*) * 2 FROM cancel_links"),
            counts("SELECT COUNT(*) * 2 FROM webhook_events"),
            counts("SELECT COUNT(*) * 2 FROM sessions"),
        ),
        before,
        "the other customer's are all there"
    );
    shop.stop();
    for text in ["cus_2", "user_2", "c2@example.com", "event_2", "other_2", "opened 2"] {
        assert!(!holds(&shop.database(), text), "{text}");
    }
    for text in ["cus_3", "user_3", "event_3", "other_3", "unopened 3"] {
        assert!(holds(&shop.database(), text), "{text}");
    }
}

#[test]
fn links_that_change_billing_name_customers_as_billing_does() {
    let shop = Shop::open_as("", "[brand.hosted]\nchanges_billing = true\n\n");
    for user in ["user_2", "user_3"] {
        shop.link(user, &json!({}));
        assert_eq!(shop.follow(&shop.link(user, &json!({}))), 200);
    }
    assert_eq!(shop.count("SELECT COUNT(*) FROM sessions WHERE hands_over = 0 AND customer = 'cus_2'"), 1);
    let erased = shop.does(&["erase", "--brand", "acme", "--customer", "user_2"]);
    assert!(erased.contains("Customer: \"cus_2\" in billing, \"user_2\" in your own system."), "{erased}");
    assert!(erased.contains("2 links") && erased.contains("1 sessions"), "{erased}");
    assert_eq!(shop.count("SELECT COUNT(*) FROM cancel_links WHERE claims LIKE '%cus_3%'"), 2);
}

#[test]
fn webhooks_of_what_is_gone_already_go_too() {
    let mut shop = Shop::telling();
    // One is a part of the other, and one is the other with its letters changed.
    for (n, user) in ["u%1", "u%12", "U%1", "uX1", "u\\\"1"].into_iter().enumerate() {
        shop.tell(user, &format!("event_{n}"), "said");
    }
    shop.stop();
    execute(&shop.database(), "UPDATE webhooks SET status = 'failed'");
    execute(&shop.database(), "DELETE FROM cancellation_outcomes");
    execute(&shop.database(), "DELETE FROM cancellations");
    for user in ["u%1", "u\\\"1"] {
        let erased = shop.json(&["erase", "--brand", "acme", "--customer", user, "--json"]);
        assert_eq!(erased["matched"], json!({ "customer": null, "users": [user] }));
        assert_eq!(erased["counts"], json!({ "webhook events": 2, "webhooks": 2 }));
    }
    assert_eq!(shop.count("SELECT COUNT(*) FROM webhook_events"), 6);
}

#[test]
fn an_id_that_names_somebody_else_to_the_merchant_is_not_erased_with_it() {
    let shop = Shop::open();
    execute(&shop.database(), "UPDATE ledger_customers SET user_id = 'cus_1' WHERE external_id = 'cus_2'");
    execute(
        &shop.database(),
        "UPDATE ledger_customers SET user_id = 'twin' WHERE external_id IN ('cus_7', 'cus_8')",
    );
    shop.tell("cus_1", "of_2", "said");
    shop.tell("user_1", "of_1", "said");
    let erased = shop.json(&[&ERASE_1[..], &["--json"]].concat());
    assert_eq!(erased["matched"], json!({ "customer": "cus_1", "users": ["user_1"] }));
    assert_eq!(shop.count("SELECT COUNT(*) FROM cancellations WHERE event_id = 'of_2'"), 1);
    assert_eq!(shop.count("SELECT COUNT(*) FROM cancellations WHERE event_id = 'of_1'"), 0);
    let twin = ["erase", "--brand", "acme", "--customer", "twin"];
    fails_with(&shop.run(&twin), &["cus_7, cus_8", "Name each of them"]);
    assert_eq!(shop.run(&["erase", "--brand", "acme", "--customer", ""]).status.code(), Some(2));
}

/// The tables that hold nothing of customers.
const OF_NOBODY: [&str; 13] = [
    "_sqlx_migrations",
    "api_keys",
    "erasures",
    "ledger_campaigns",
    "ledger_coupon_plans",
    "ledger_coupon_segments",
    "ledger_coupons",
    "ledger_plan_segments",
    "ledger_plans",
    "ledger_segments",
    "stripe_events",
    "stripe_imports",
    "webhook_subscriptions",
];

#[test]
fn no_table_is_forgotten() {
    let shop = Shop::open();
    let statements = include_str!("../../src/erase/rows.rs");
    for table in shop.texts("SELECT name FROM sqlite_master WHERE type = 'table'") {
        let erased =
            ["DELETE FROM ", "UPDATE "].iter().any(|verb| statements.contains(&format!("{verb}{table} ")));
        // Receipts stay as they were signed.
        assert!(
            erased || table == "receipts" || OF_NOBODY.contains(&table.as_str()),
            "`farewell erase` has to know the table {table}"
        );
    }
}

#[test]
fn a_signed_receipt_stays_as_it_is_and_the_rest_of_its_session_does_not() {
    let mut shop = Shop::open();
    let receipt = shop.leaves("cus_1");
    let others = shop.leaves("cus_3");
    let signed = "SELECT SUM(LENGTH(jws)) FROM receipts";
    let before = shop.count(signed);
    let done = shop.does(&ERASE_1);
    assert!(done.contains("Customer: \"cus_1\" in billing, \"user_1\" in your own system."), "{done}");
    let year: i32 =
        done.split(" of ").nth(1).and_then(|rest| rest.get(..4)).expect("a date").parse().expect("a year");
    // [server.retention] says seven years.
    assert!(
        done.contains(&format!("receipt {receipt}")) && done.contains(&format!("until {}-", year + 7)),
        "{done}"
    );
    assert!(done.contains("1 sessions emptied"), "{done}");
    assert_eq!((shop.count("SELECT COUNT(*) FROM receipts"), shop.count(signed)), (2, before));
    assert_eq!(
        shop.count("SELECT COUNT(*) FROM outcomes WHERE effect = 'applied' AND reason_key IS NULL"),
        1
    );
    fails_with(&shop.run(&["sessions", "show", &receipt]), &["erased"]);
    shop.does(&["sessions", "show", &others]);
    let exported = shop.does(&["export", "sessions"]);
    assert!(!exported.contains(&receipt) && exported.contains(&others));
    shop.leaves("cus_4");
    shop.stop();
    // No older version of a row that was changed since is left either. The receipt itself has the user's id.
    for text in ["cus_1", "c1@example.com", "Customer 1"] {
        assert!(!holds(&shop.database(), text), "{text}");
    }
    assert!(holds(&shop.database(), "cus_3"));
}

#[test]
fn nothing_is_erased_while_something_is_pending_unless_that_is_said() {
    let mut shop = Shop::open();
    let receipt = shop.leaves("cus_1");
    shop.stop();
    execute(&shop.database(), "UPDATE intents SET status = 'pending'");
    execute(
        &shop.database(),
        "INSERT INTO mails (id, brand, receipt, recipient, subject, text, status, attempts, next_attempt_at, created_at) \
         SELECT 'm', 'acme', reference, 'c1@example.com', 's', 't', 'pending', 0, issued_at, issued_at FROM receipts",
    );
    fails_with(&shop.run(&ERASE_1), &["cancel of session", &receipt, "--even-pending"]);
    assert_eq!(shop.count("SELECT COUNT(*) FROM actions"), 4);
    let done = shop.does(&[&ERASE_1[..], &["--even-pending"]].concat());
    assert!(done.contains("1 intents") && done.contains("1 mails"), "{done}");
    assert_eq!(shop.count("SELECT COUNT(*) FROM actions"), 0);
}

#[test]
fn a_declaration_keeps_what_was_declared_and_not_by_whom() {
    let shop = Shop::open();
    execute(
        &shop.database(),
        "INSERT INTO declarations (id, reference, brand, kind, name, contract, extraordinary, cause, email, locale, \
         received_at, receipt_hash, confirm_hash, confirm_until, status, customer, subscription, next_attempt_at, effect, \
         alarm_at) SELECT 'd' || n, 'FW-D' || n, 'acme', 'cancel', 'Ada Lovelace', 'K-17', 1, 'A cause', 'C1@Example.com', \
         'en', '2026-01-01T00:00:00.000Z', 'r' || n, 'c' || n, '2026-01-02T00:00:00.000Z', status, customer, NULL, \
         '2026-01-01T00:00:00.000Z', 'by_hand', '2026-01-02T00:00:00.000Z' \
         FROM (SELECT 1 AS n, 'done' AS status, 'cus_1' AS customer UNION SELECT 2, 'open', NULL \
         UNION SELECT 3, 'done', 'cus_9')",
    );
    fails_with(&shop.run(&ERASE_1), &["a declaration waits for somebody: FW-D2"]);
    shop.does(&["declarations", "dismiss", "FW-D2"]);
    let done = shop.does(&ERASE_1);
    assert!(done.contains("2 declarations emptied"), "{done}");
    let shown = shop.json(&["declarations", "show", "FW-D1", "--json"]);
    assert_eq!(
        (&shown["kind"], &shown["effect"], &shown["name"]),
        (&json!("cancel"), &json!("by_hand"), &json!(""))
    );
    let named = "SELECT COUNT(*) FROM declarations WHERE name <> '' OR email <> '' OR cause IS NOT NULL";
    assert_eq!(shop.count(named), 1, "that of another customer with the same address stays");
}

#[test]
fn what_was_erased_is_erased_again_from_a_backup_of_before() {
    let mut shop = Shop::open();
    looks(&shop, "cus_1");
    looks(&shop, "cus_2");
    shop.does(&["backup", "copy"]);
    let copy = std::fs::read(shop.path("copy")).expect("the copy");
    shop.does(&ERASE_1);
    shop.stop();
    let said = shop.does(&["restore", "copy", "--replace"]);
    assert!(said.contains("1 erasures") && said.contains("farewell erase --again"), "{said}");
    assert_eq!(shop.count("SELECT COUNT(*) FROM sessions"), 2);
    assert_eq!(std::fs::read(shop.path("copy")).expect("the copy"), copy, "the backup itself is as it was");
    assert!(shop.does(&["erase", "--again", "--dry-run"]).contains("Customers to erase again: 1"));
    assert_eq!(shop.count("SELECT COUNT(*) FROM sessions"), 2);
    assert!(shop.does(&["erase", "--again"]).contains("Customers erased again: 1"));
    assert_eq!(shop.count("SELECT COUNT(*) FROM sessions WHERE customer = 'cus_2'"), 1);
    assert_eq!(count(&shop.database(), "SELECT COUNT(*) FROM sessions"), 1);
    assert!(shop.does(&["erase", "--again"]).contains("Customers erased again: 0"));
}

#[test]
fn what_only_the_merchants_id_names_is_erased_again_too() {
    let mut shop = Shop::telling();
    shop.tell("guest_1", "event_1", "said");
    shop.tell("guest_2", "event_2", "said");
    shop.tell("user_1", "event_3", "said");
    shop.link("guest_1", &json!({}));
    shop.stop();
    execute(&shop.database(), "UPDATE webhooks SET status = 'sent'");
    shop.does(&["backup", "copy"]);
    shop.does(&["erase", "--brand", "acme", "--customer", "guest_1"]);
    shop.does(&ERASE_1);
    assert!(shop.does(&["restore", "copy", "--replace"]).contains("2 erasures"));
    let again = shop.json(&["erase", "--again", "--json"]);
    assert_eq!(again["customers"].as_array().map(Vec::len), Some(2));
    assert_eq!(shop.texts("SELECT event_id FROM cancellations"), ["event_2"]);
    assert_eq!(shop.count("SELECT COUNT(*) FROM cancel_links"), 0);
    assert_eq!(shop.count("SELECT COUNT(*) FROM webhook_events"), 2);
}

#[test]
fn a_customer_who_came_back_after_the_erasure_is_left_alone() {
    let shop = Shop::open();
    looks(&shop, "cus_1");
    shop.does(&ERASE_1);
    execute(&shop.database(), "UPDATE erasures SET erased_at = '2001-01-01T00:00:00.000Z'");
    shop.does(&["ledger", "import", "ledger.json", "--brand", "acme"]);
    looks(&shop, "cus_1");
    assert!(shop.does(&["erase", "--again"]).contains("Customers erased again: 0"));
    assert_eq!(shop.count("SELECT COUNT(*) FROM sessions WHERE customer = 'cus_1'"), 1);
}
