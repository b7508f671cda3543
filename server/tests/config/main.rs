//! `farewell.toml`: every mistake is listed, with its place and what would be right.

mod brand;
mod documentation;
mod offer;
mod server;
mod webhook;
mod words;

use std::path::Path;

use farewell_server::brand::{BillingKind, CancelTiming, Plan};
use farewell_server::config::{Config, Level, Problem};

const GOOD: &str = r#"
[server]
public_url = "https://cancel.example.com"

[[brand]]
slug = "example"
site_id = 1
name = "Example"
"#;

fn read(text: &str) -> Result<Config, Vec<Problem>> {
    Config::read("farewell.toml", text, Path::new("/etc/farewell"))
}

/// The problems of a text, as they are printed.
#[track_caller]
fn problems(text: &str) -> Vec<String> {
    read(text).expect_err("a text with mistakes").iter().map(ToString::to_string).collect()
}

/// Checks the one problem that a line in the brand's table brings.
#[track_caller]
fn in_brand(line: &str, says: &str) {
    let found = problems(&format!("{GOOD}{line}\n"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("farewell.toml:9:") && found[0].contains(says), "{}", found[0]);
}

/// Checks the one problem of an offer.
#[track_caller]
fn in_offer(offer: &str, says: &str) {
    let found = problems(&format!(
        "{GOOD}[[brand.offer]]\nid = \"half\"\nkind = \"discount\"\nheadline = \"Half\"\n{offer}\n"
    ));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(says), "{}", found[0]);
}

/// Checks the one doubt, with its line, that the server starts with and `farewell lint` does not.
#[track_caller]
fn doubts(text: &str, line: usize, says: &[&str]) {
    let found = read(text).unwrap_or_else(|wrong| panic!("{wrong:#?}")).warnings;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].level, found[0].line), (Level::Warning, line), "{}", found[0]);
    for word in says {
        assert!(found[0].message.contains(word), "{word}: {}", found[0]);
    }
}

#[test]
fn what_is_left_out_has_a_careful_default() {
    let config = read(GOOD).expect("a good text");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8787");
    assert_eq!(config.server.database, Path::new("/etc/farewell/farewell.db"));
    assert_eq!(config.server.keys, Path::new("/etc/farewell/keys"));
    let brand = &config.brands[0];
    assert_eq!(
        (brand.plan, brand.billing, brand.cancel),
        (Plan::Core, BillingKind::Merchant, CancelTiming::AtPeriodEnd)
    );
    assert_eq!((brand.locale.as_str(), brand.time_zone.as_str()), ("en", "UTC"));
    assert!(brand.survey && brand.feedback);
}

#[test]
fn every_mistake_is_listed_in_the_order_of_the_file() {
    let text = r#"titel = "x"
[server]
listen = "localhost"
databse = "x"

[[brand]]
slug = "Two Words"
site_id = "1"
name = 5
"#;
    let found = problems(text);
    let places: Vec<&str> = found.iter().map(|line| line.split(": ").next().expect("a place")).collect();
    assert_eq!(
        places,
        [
            "farewell.toml:1:1",
            "farewell.toml:2:1",
            "farewell.toml:3:10",
            "farewell.toml:4:1",
            "farewell.toml:7:8",
            "farewell.toml:8:11",
            "farewell.toml:9:8",
        ],
        "{found:#?}"
    );
    assert!(found[1].contains("public_url") && found[3].contains("did you mean `database`?"));
}

#[test]
fn columns_count_characters() {
    let found = problems(&GOOD.replace("\"Example\"", "\"ÄÖÜ\", plan = \"x\""));
    assert!(found[0].starts_with("farewell.toml:8:13"), "{found:#?}");
}

#[test]
fn a_file_with_nothing_in_it_says_what_it_needs() {
    let found = problems("");
    assert_eq!(found.len(), 2);
    assert!(
        found.iter().any(|line| line.contains("[server]"))
            && found.iter().any(|line| line.contains("[[brand]]"))
    );
}

#[test]
fn text_that_is_not_toml_is_told_with_its_place() {
    let found = problems(&GOOD.replace("site_id = 1", "site_id = "));
    assert!(found[0].starts_with("farewell.toml:7:") && found[0].contains("not TOML"), "{found:#?}");
    let found = problems(&GOOD.replace("site_id = 1", "site_id = 1\nsite_id = 2"));
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("farewell.toml:8:1: error: this is not TOML: duplicate key")),
        "{found:#?}"
    );
}
