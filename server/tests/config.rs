//! `farewell.toml`: every mistake is listed, with its place and what would be right.

use std::path::Path;

use farewell_server::brand::{BillingKind, CancelTiming, Plan};
use farewell_server::config::{Config, Problem};

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
fn values_of_a_brand_are_checked() {
    in_brand("plan = \"pro\"", "\"core\" or \"advanced\"");
    in_brand("time_zone = \"Berlin\"", "Europe/Berlin");
    in_brand("locale = \"xx\"", "no words");
    in_brand("locale = \"english please\"", "BCP 47");
    in_brand("markets = [\"UK\"]", "\"GB\"");
    in_brand("markets = [\"US-ZZ\"]", "not a region of US");
    in_brand("support_email = \"help\"", "help@example.com");
    in_brand("origins = [\"https://a.example/path\"]", "write \"https://a.example\"");
    in_brand("origins = [\"http://a.example\"]", "write \"https://a.example\"");
    in_brand("origins = [\"https://a.example\", \"https://a.example\"]", "twice");
    in_brand("origins = \"https://a.example\"", "square brackets");
    in_brand("return_urls = [\"/back\"]", "absolute URL");
    in_brand("return_urls = [\"https://a.example/#x\"]", "fragment");
    in_brand("billing = \"stripe\"", "\"ledger\" or \"merchant\"");
    in_brand("cancel = \"now\"", "\"immediately\"");
    in_brand("survey = 1", "true or false");
    in_brand("feedback = \"yes\"", "true or false");
    in_brand("suport_email = \"help@a.example\"", "did you mean `support_email`?");
    in_brand("colour = \"red\"", "it has: slug");
}

#[test]
fn values_of_a_reason_are_checked() {
    let reason =
        |rest: &str| problems(&format!("{GOOD}[[brand.reason]]\nkey = \"a\"\nlabel = \"A\"\n{rest}\n"));
    assert!(reason("code = \"expensive\"")[0].contains("too_expensive"));
    assert!(reason("offers = [\"half\"]")[0].contains("not an offer of this brand"));
    assert!(reason("[[brand.reason]]\nkey = \"a\"\nlabel = \"B\"")[0].contains("twice"));
    let guess = "offers = [\"haff\"]\n[[brand.offer]]\nid = \"half\"\nkind = \"discount\"\nheadline = \"H\"\npercent_off = 5\nduration = \"once\"";
    assert!(reason(guess)[0].contains("did you mean \"half\"?"));
}

#[test]
fn values_of_an_offer_are_checked() {
    in_offer("duration = \"once\"", "no discount");
    in_offer("duration = \"once\"\npercent_off = 0", "from 1 to 100");
    in_offer("duration = \"once\"\npercent_off = 101", "from 1 to 100");
    in_offer("duration = \"once\"\npercent_off = 12.5", "whole number");
    in_offer("duration = \"once\"\npercent_off = 5\namount_off = 5\ncurrency = \"USD\"", "keep one");
    in_offer("duration = \"once\"\npercent_off = 5\ncurrency = \"USD\"", "leave the currency out");
    in_offer("duration = \"once\"\namount_off = 500", "without a currency");
    in_offer("duration = \"once\"\namount_off = 500\ncurrency = \"usd\"", "write \"USD\"");
    in_offer("duration = \"once\"\namount_off = -1\ncurrency = \"USD\"", "positive");
    in_offer("duration = \"repeating\"\npercent_off = 5", "no `months`");
    in_offer("duration = \"repeating\"\nmonths = 0\npercent_off = 5", "from 1 to 120");
    in_offer("duration = \"once\"\nmonths = 3\npercent_off = 5", "not repeating");
    in_offer("duration = \"twice\"\npercent_off = 5", "\"repeating\"");
    in_offer("percent_off = 5", "no `duration`");
}

#[test]
fn two_brands_share_neither_slug_nor_number() {
    let second = GOOD.split("\n\n").nth(1).expect("a brand");
    let found = problems(&format!("{GOOD}\n{second}"));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|line| line.contains("another brand's")));
}

#[test]
fn text_that_is_not_toml_is_told_with_its_place() {
    let found = problems(&GOOD.replace("site_id = 1", "site_id = "));
    assert!(found[0].starts_with("farewell.toml:7:") && found[0].contains("not TOML"), "{found:#?}");
    let found = problems(&GOOD.replace("site_id = 1", "site_id = 1\nsite_id = 2"));
    assert!(
        found.iter().any(|line| line.starts_with("farewell.toml:8:1: this is not TOML: duplicate key")),
        "{found:#?}"
    );
}

#[test]
fn the_example_has_no_mistakes_and_every_field() {
    let text = include_str!("../farewell.example.toml");
    let config = read(text).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let all = problems(
        "x = 1\n[server]\nx = 1\n[[brand]]\nx = 1\n[[brand.reason]]\nxyz = 1\n[[brand.offer]]\nkind = \"discount\"\nxyz = 1\n[brand.offer.when]\nxyz = 1\n",
    );
    let fields: Vec<&str> = all
        .iter()
        .filter_map(|line| line.split("it has: ").nth(1))
        .flat_map(|list| list.trim_end_matches('.').split(", "))
        .collect();
    assert!(fields.len() > 30, "{all:#?}");
    for field in fields {
        assert!(
            text.contains(&format!("{field} = ")) || text.contains(&format!("{field}]")),
            "{field} is not explained"
        );
    }
    assert_eq!(config.brands[0].offers.len(), 8);
}
