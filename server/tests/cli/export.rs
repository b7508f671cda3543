//! `farewell export`.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use farewell_server::export::{CancellationRow, Row, SessionRow};
use serde_json::{Value, json};

use crate::fails_with;
use crate::shop::{Shop, execute};

/// The records of an export, each by its columns' names.
fn records(csv: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().map(|record| record.expect("a record")).collect()
}

#[test]
fn every_run_is_a_row_in_both_formats() {
    let shop = Shop::open();
    let receipt = shop.leaves("cus_1");
    shop.stays("cus_2");
    shop.flow(&shop.session("cus_3", json!({ "metadata": { "team": "=blue, \"navy\"" } })));
    let csv = shop.does(&["export", "sessions"]);
    assert_eq!(csv.lines().next().expect("a header"), SessionRow::COLUMNS.join(","));
    let rows = records(&csv);
    let of = |customer: &str| rows.iter().find(|row| row["customer"] == customer).expect("a row");
    let left = of("cus_1");
    for (column, value) in [
        ("run", "1"),
        ("brand", "acme"),
        ("environment", "prod"),
        ("plan", "Pro"),
        ("amount", "2000"),
        ("currency", "USD"),
        ("policy", "us-ca"),
        ("actions", "4"),
        ("step", "receipt"),
        ("outcome", "canceled"),
        ("effect", "applied"),
        ("reason_key", "too_expensive"),
        ("reason_code", "too_expensive"),
        ("offers_shown", "half"),
        ("offer_id", ""),
        ("receipt", &receipt),
    ] {
        assert_eq!(left[column], value, "{column}");
    }
    assert!(!left["begun_at"].is_empty() && left["settled_at"] >= left["completed_at"]);
    let stayed = of("cus_2");
    assert_eq!(
        (&*stayed["outcome"], &*stayed["offer_id"], &*stayed["offer_kind"]),
        ("saved", "half", "discount")
    );
    let fetched = of("cus_3");
    assert_eq!((&*fetched["run"], &*fetched["outcome"]), ("", ""));
    assert_eq!(fetched["metadata"], json!({ "team": "=blue, \"navy\"" }).to_string());

    let ndjson = shop.does(&["export", "sessions", "--format", "ndjson", "--with-text"]);
    let objects: Vec<Value> =
        ndjson.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(objects.len(), rows.len());
    for object in &objects {
        let names: BTreeSet<&str> =
            object.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(names, SessionRow::COLUMNS.iter().chain(SessionRow::TEXT_COLUMNS).copied().collect());
    }
    let left = objects.iter().find(|row| row["customer"] == "cus_1").expect("a row");
    assert_eq!((&left["offers_shown"], &left["amount"]), (&json!(["half"]), &json!(2000)));
}

#[test]
fn what_customers_wrote_is_left_out_unless_asked_for_and_is_never_a_formula() {
    let shop = Shop::open();
    shop.leaves("cus_1");
    let without = shop.does(&["export", "sessions"]);
    assert!(!without.contains("TEN") && !without.contains("Said by"));
    let with = records(&shop.does(&["export", "sessions", "--with-text"]));
    assert_eq!((&*with[0]["follow_up"], &*with[0]["feedback"]), ("'=TEN dollars", "Said by a customer"));
}

#[test]
fn days_and_brands_narrow_it_and_a_file_is_new_and_private() {
    let shop = Shop::open();
    shop.flow(&shop.session("cus_1", json!({})));
    shop.flow(&shop.session("cus_2", json!({})));
    let day = "2026-03-05T00:00:00.000Z";
    execute(
        &shop.database(),
        "UPDATE sessions SET opened_at = '2026-03-05T00:00:00.000Z' WHERE customer = 'cus_1'",
    );
    let opened = |arguments: &[&str]| -> Vec<String> {
        let csv = shop.does(&[&["export", "sessions"], arguments].concat());
        records(&csv).into_iter().map(|row| row["opened_at"].clone()).collect()
    };
    assert_eq!(
        opened(&["--since", "2026-03-05", "--until", "2026-03-06"]),
        [day],
        "the first moment of it too"
    );
    assert!(opened(&["--until", "2026-03-05"]).is_empty());
    assert_eq!(opened(&["--since", "2026-03-06"]).len(), 1);
    assert!(opened(&["--brand", "globex"]).is_empty());
    let said = shop.does(&["export", "sessions", "-o", "out.csv"]);
    assert!(said.contains("2 rows are in out.csv"), "{said}");
    let mode = std::fs::metadata(shop.path("out.csv")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(records(&std::fs::read_to_string(shop.path("out.csv")).expect("a file")).len(), 2);
    fails_with(&shop.run(&["export", "sessions", "-o", "out.csv"]), &["out.csv", "not overwritten"]);
}

#[test]
fn an_export_longer_than_a_page_has_every_session_once() {
    let shop = Shop::open();
    shop.flow(&shop.session("cus_1", json!({})));
    execute(
        &shop.database(),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) \
         INSERT INTO sessions (id, brand, environment, kind, customer, subscription, user_id, handle, document, state, \
         billing, return_url, metadata, opened_at, last_action_at, expires_at, deals) \
         SELECT 'copy-' || i, brand, environment, kind, customer, subscription, user_id, 'handle-' || i, document, state, \
         billing, return_url, metadata, opened_at, last_action_at, expires_at, deals FROM sessions, n",
    );
    let rows = records(&shop.does(&["export", "sessions"]));
    let ids: BTreeSet<_> = rows.iter().map(|row| &row["session"]).collect();
    assert_eq!((rows.len(), ids.len()), (1000, 1000), "also where many were opened at the same moment");
    assert_eq!(
        shop.json(&["sessions", "list", "--json", "--limit", "450"]).as_array().map(Vec::len),
        Some(450)
    );
}

/// What somebody who reads columns by name or place relies on.
const OF_THE_LEDGER: &str = "event_id,brand,environment,source,session,run,user_id,reason_key,outcome,status,offer_type,\
    offer_accepted,offer_label,plan,mrr,tenure_days,occurred_at,effective_at,created_at,updated_at,metadata";

#[test]
fn every_entry_of_the_ledger_is_a_row_in_both_formats() {
    let shop = Shop::open();
    shop.tell("user_1", "event_1", "=SUM(A1)");
    shop.leaves("cus_2");
    let csv = shop.does(&["export", "cancellations"]);
    assert_eq!(csv.lines().next(), Some(OF_THE_LEDGER));
    let rows = records(&csv);
    assert_eq!(rows.len(), 2, "oldest first");
    for (column, value) in [
        ("event_id", "event_1"),
        ("brand", "acme"),
        ("environment", "prod"),
        ("source", "api"),
        ("session", ""),
        ("run", ""),
        ("user_id", "user_1"),
        ("reason_key", "too_expensive"),
        ("outcome", "recovered"),
        ("status", "final"),
        ("offer_type", "discount"),
        ("offer_accepted", "false"),
        ("offer_label", "Half price"),
        ("plan", "Pro"),
        ("mrr", "129.5"),
        ("tenure_days", "42"),
        ("effective_at", ""),
        ("metadata", "{\"note\":\"=SUM(A1)\"}"),
    ] {
        assert_eq!(rows[0][column], value, "{column}");
    }
    assert!(!rows[0].contains_key("reason_text") && rows[0]["occurred_at"].ends_with('Z'));
    assert_eq!((&*rows[1]["source"], &*rows[1]["user_id"], &*rows[1]["run"]), ("flow", "user_2", "1"));
    assert!(!rows[1]["session"].is_empty());

    let texts = records(&shop.does(&["export", "cancellations", "--with-text"]));
    assert_eq!((&*texts[0]["reason_text"], &*texts[1]["reason_text"]), ("'=SUM(A1)", "'=TEN dollars"));
    let ndjson = shop.does(&["export", "cancellations", "--format", "ndjson", "--with-text"]);
    for line in ndjson.lines() {
        let object: Value = serde_json::from_str(line).expect("an object");
        let names: BTreeSet<&str> =
            object.as_object().expect("an object").keys().map(String::as_str).collect();
        let columns = CancellationRow::COLUMNS.iter().chain(CancellationRow::TEXT_COLUMNS);
        assert_eq!(names, columns.copied().collect());
    }
    let first: Value = serde_json::from_str(ndjson.lines().next().expect("a line")).expect("an object");
    assert_eq!((&first["mrr"], &first["offer_accepted"]), (&json!(129.5), &json!(false)));
}

#[test]
fn entries_are_narrowed_down_and_each_comes_once() {
    let shop = Shop::open();
    shop.tell("user_1", "event_1", "said");
    execute(
        &shop.database(),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1499) \
         INSERT INTO cancellations (brand, event_id, environment, source, user_id, settled, context, metadata, \
         occurred_at, created_at, updated_at) SELECT CASE WHEN i = 1 THEN 'globex' ELSE brand END, 'copy-' || i, \
         CASE WHEN i <= 3 THEN 'sandbox' ELSE environment END, source, user_id, settled, context, metadata, \
         CASE WHEN i <= 7 THEN '2026-03-05T00:00:00.000Z' ELSE occurred_at END, created_at, updated_at \
         FROM cancellations, n",
    );
    let events = |arguments: &[&str]| -> Vec<String> {
        let csv = shop.does(&[&["export", "cancellations"], arguments].concat());
        records(&csv).into_iter().map(|row| row["event_id"].clone()).collect()
    };
    let all = events(&[]);
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (1500, 1500));
    assert_eq!((&*all[0], &*all[1499]), ("event_1", "copy-1499"));
    assert_eq!(events(&["--brand", "globex"]), ["copy-1"]);
    assert_eq!(events(&["--brand", "acme", "--environment", "sandbox"]), ["copy-2", "copy-3"]);
    assert_eq!(events(&["--since", "2026-03-05", "--until", "2026-03-06"]).len(), 7);
    assert!(events(&["--until", "2026-03-05"]).is_empty());
    assert!(shop.does(&["export", "cancellations", "-o", "out.csv"]).contains("1500 rows are in out.csv"));
    fails_with(&shop.run(&["export", "cancellations", "--brand", "amce"]), &["amce", "acme"]);
}
