//! `farewell.toml`: every mistake is listed, with its place and what would be right.

use std::path::Path;

use farewell_server::brand::{BillingKind, CancelTiming, PlaceSource, Plan, Receipts};
use farewell_server::config::{Config, Level, Password, Problem, Security};
use farewell_server::session::Environment;
use farewell_server::webhook::Kind;

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

/// Checks the one problem that a line in the server's table brings.
#[track_caller]
fn in_server(line: &str, says: &str) {
    let found = problems(&GOOD.replace("[server]\n", &format!("[server]\n{line}\n")));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("farewell.toml:3:") && found[0].contains(says), "{}", found[0]);
}

#[test]
fn values_of_the_server_are_checked() {
    in_server("metrics = \"9464\"", "\"127.0.0.1:9464\"");
    in_server("metrics = \"127.0.0.1:8787\"", "another port");
    in_server("cancel_url = \"https://bye.example.com/\"", "more than an origin");
    in_server("cancel_url = \"http://bye.example.com\"", "write \"https://bye.example.com\"");
    in_server("cancel_url = \"https://cancel.example.com\"", "`public_url` too");
    in_server("requests_per_second = 0", "from 1 to 100000");
    in_server("proxies = \"127.0.0.1\"", "square brackets");
    in_server("proxies = [\"proxy.example.com\"]", "neither an address nor a network");
    in_server("proxies = [\"10.0.0.0/33\"]", "neither an address nor a network");
    in_server("proxies = [\"0.0.0.0/0\"]", "everybody");
    in_server("proxies = [\"::/0\"]", "everybody");
}

#[test]
fn retention_periods_are_checked_against_the_law() {
    let wrong = |line: &str, says: &str| {
        let found = problems(&format!("{GOOD}[server.retention]\n{line}\n"));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("farewell.toml:10:") && found[0].contains(says), "{}", found[0]);
    };
    wrong("receipts = \"1094 days\"", "§ 17602");
    wrong("receipts = \"35 months\"", "3 years");
    wrong("declarations = \"400 days\"", "§§ 195, 199 BGB");
    wrong("sessions = \"29 days\"", "30 days");
    wrong("mails = \"-3 years\"", "30 days");
    wrong("mails = \"a while\"", "such as \"400 days\"");
    wrong("mails = 400", "a text in quotes");
    wrong("invoices = \"10 years\"", "not a field of [server.retention]");
    let text = format!(
        "{GOOD}[server.retention]\nreceipts = \"1095 days\"\nmails = \"6 weeks\"\nsessions = \"forever\"\n"
    );
    let retention = read(&text).expect("a good text").server.retention;
    let now = "2026-11-21T12:00:00Z".parse().expect("a time");
    let before = |period: farewell_server::config::Period| period.ended_before(now).map(|at| at.to_string());
    assert_eq!(before(retention.receipts).as_deref(), Some("2023-11-22T12:00:00Z"));
    assert_eq!(before(retention.mails).as_deref(), Some("2026-10-10T12:00:00Z"));
    assert_eq!(before(retention.declarations).as_deref(), Some("2019-11-21T12:00:00Z"));
    assert_eq!(before(retention.sessions), None);
}

#[test]
fn proxies_are_addresses_and_networks() {
    let line = "[server]\nproxies = [\"10.1.2.3/8\", \"127.0.0.1\", \"2001:db8::/32\", \"::1\"]\n";
    let config = read(&GOOD.replace("[server]\n", line)).expect("a good text");
    let written: Vec<String> = config.server.proxies.iter().map(ToString::to_string).collect();
    assert_eq!(written, ["10.0.0.0/8", "127.0.0.1/32", "2001:db8::/32", "::1/128"]);
    let usual = read(GOOD).expect("a good text").server;
    assert_eq!((usual.proxies.len(), usual.requests_per_second.get()), (0, 100));
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
    in_brand("billing = \"paypal\"", "\"ledger\" or \"stripe\" or \"pelcro\" or \"merchant\"");
    in_brand("billing = \"stripe\"", "[brand.stripe]");
    let account = "[brand.stripe]\nkey_file = \"stripe.key\"\n";
    let found = problems(&format!("{GOOD}{account}"));
    assert!(found.len() == 1 && found[0].contains("`billing = \"stripe\"`"), "{found:#?}");
    let afar = "billing = \"stripe\"\n[brand.stripe]\nkey_file = \"stripe.key\"\napi_url = \"http://stripe.example/\"\n";
    let found = problems(&format!("{GOOD}{afar}"));
    assert!(found.len() == 1 && found[0].contains("write \"https://stripe.example/\""), "{found:#?}");
    let unused = "billing = \"stripe\"\n[brand.stripe]\nkey_file = \"stripe.key\"\nsandbox_webhook_secret_file = \"s\"\n";
    let found = problems(&format!("{GOOD}{unused}"));
    assert!(found.len() == 1 && found[0].contains("add `sandbox_key_file`"), "{found:#?}");
    in_brand("billing = \"pelcro\"", "[brand.pelcro]");
    let site = "[brand.pelcro]\napi_url = \"https://pelcro.example\"\nsite_id = 1\n";
    let found = problems(&format!("{GOOD}{site}"));
    assert!(found.len() == 1 && found[0].contains("`billing = \"pelcro\"`"), "{found:#?}");
    let wrong = |lines: &str| problems(&format!("{GOOD}billing = \"pelcro\"\n{lines}")).join("\n");
    let right = |lines: &str| read(&format!("{GOOD}billing = \"pelcro\"\n{lines}")).is_ok();
    assert!(right(site));
    assert!(
        wrong("[brand.pelcro]\n").contains("no `api_url`")
            && wrong("[brand.pelcro]\n").contains("no `site_id`")
    );
    assert!(wrong(&site.replace("https", "http")).contains("write \"https://pelcro.example"));
    assert!(wrong(&format!("{site}sandbox_site_id = 1\n")).contains("another `sandbox_site_id`"));
    assert!(wrong(&format!("{site}sandbox_api_url = \"https://a.example\"\n")).contains("without its site"));
    let half = "[[brand.offer]]\nid = \"half\"\nkind = \"discount\"\nheadline = \"x\"\npercent_off = 50\nduration = \"once\"\n";
    assert!(wrong(&format!("{site}{half}")).contains("add `pelcro_coupon"));
    assert!(right(&format!("{site}{half}pelcro_coupon = \"SAVE50\"\n")));
    assert!(wrong(&format!("{site}{half}pelcro_coupon = \"50 %\"\n")).contains("not a coupon's code"));
    let found = problems(&format!("{GOOD}{half}pelcro_coupon = \"SAVE50\"\n"));
    assert!(found.len() == 1 && found[0].contains("Pelcro does not bill"), "{found:#?}");
    in_brand("action_url = \"http://a.example/act\"", "write \"https://a.example/act\"");
    in_brand("action_url = \"https://10.0.0.1/act\"", "private network");
    let unused = "billing = \"ledger\"\naction_url = \"https://a.example/act\"\n";
    let found = problems(&format!("{GOOD}{unused}"));
    assert!(found.len() == 1 && found[0].contains("`billing = \"merchant\"`"), "{found:#?}");
    in_brand("cancel = \"now\"", "\"immediately\"");
    in_brand("survey = 1", "true or false");
    in_brand("feedback = \"yes\"", "true or false");
    in_brand("suport_email = \"help@a.example\"", "did you mean `support_email`?");
    in_brand("colour = \"red\"", "it has: slug");
}

/// Checks the one problem of a `[server.smtp]`, or that there is none.
#[track_caller]
fn in_smtp(lines: &str, says: Option<&str>) {
    let text = GOOD.replace("[[brand]]", &format!("[server.smtp]\n{lines}\n[[brand]]"));
    let found: Vec<String> =
        read(&text).err().into_iter().flatten().map(|problem| problem.to_string()).collect();
    assert_eq!(found.len(), usize::from(says.is_some()), "{found:#?}");
    assert!(says.is_none_or(|says| found[0].contains(says)), "{found:#?}");
}

#[test]
fn values_of_the_mail_server_are_checked() {
    let good = "host = \"smtp.example.com\"\nfrom = \"no-reply@example.com\"\n";
    let with = |line: &str| format!("{good}{line}");
    in_smtp(good, None);
    in_smtp(&with("port = 465\nsecurity = \"tls\"\nusername = \"a\"\npassword_file = \"smtp\""), None);
    in_smtp(&with("security = \"ssl\""), Some("\"starttls\" or \"tls\" or \"none\""));
    in_smtp(&with("security = \"none\""), Some("other people's networks"));
    in_smtp("host = \"localhost\"\nsecurity = \"none\"\nfrom = \"a@b.example\"", None);
    in_smtp("host = \"[::1]\"\nsecurity = \"none\"\nfrom = \"a@b.example\"", None);
    in_smtp("host = \"a b\"\nfrom = \"a@b.example\"", Some("not a host"));
    in_smtp("from = \"a@b.example\"", Some("no `host`"));
    in_smtp("host = \"localhost\"", Some("no `from`"));
    in_smtp(&with("port = 0"), Some("from 1 to 65535"));
    in_smtp(&with("reply_to = \"Help <help@b.example>\""), Some("not an e-mail address"));
    in_smtp(&with("password = \"x\""), Some("no `username`"));
    in_smtp(&with("username = \"a\"\npassword = \"x\"\npassword_file = \"y\""), Some("keep one"));
    in_smtp(&with("tls = true"), Some("not a field of [server.smtp]"));
}

#[test]
fn the_mail_server_has_careful_defaults_and_its_password_is_not_printed() {
    let smtp = |lines: &str| {
        let lines =
            format!("[server.smtp]\nhost = \"smtp.example.com\"\nfrom = \"a@b.example\"\n{lines}\n[[brand]]");
        read(&GOOD.replace("[[brand]]", &lines)).expect("a good text").server.smtp.expect("a mail server")
    };
    assert_eq!((smtp("").security, smtp("").port, smtp("").login), (Security::StartTls, 587, None));
    assert_eq!(smtp("security = \"tls\"").port, 465);
    assert_eq!(smtp("username = \"a\"").login, Some(("a".into(), Password::Environment)));
    let file = Password::File(Path::new("/etc/farewell/smtp.password").into());
    assert_eq!(smtp("username = \"a\"\npassword_file = \"smtp.password\"").login, Some(("a".into(), file)));
    let shown = format!("{:?}", smtp("username = \"a\"\npassword = \"swordfish\""));
    assert!(shown.contains("[secret]") && !shown.contains("swordfish"), "{shown}");
}

#[test]
fn a_brand_says_how_receipts_reach_customers() {
    let brand = |lines: &str| read(&format!("{GOOD}{lines}\n"));
    let one = |lines: &str| {
        let found = brand(lines).expect_err("a mistake");
        assert_eq!(found.len(), 1, "{found:#?}");
        found[0].to_string()
    };
    assert_eq!(brand("").expect("a good text").brands[0].receipts, Receipts::None);
    let merchant = "receipts = \"merchant\"\nreceipt_url = \"https://app.example.com/receipts\"";
    let url = "https://app.example.com/receipts".parse().expect("an address");
    assert_eq!(brand(merchant).expect("a good text").brands[0].receipts, Receipts::Merchant(url));
    assert!(one("receipts = \"post\"").contains("\"mail\" or \"merchant\" or \"none\""));
    assert!(one("receipts = \"mail\"").contains("add [server.smtp]"));
    assert!(one("receipts = \"merchant\"").contains("add `receipt_url"));
    assert!(
        one("receipts = \"merchant\"\nreceipt_url = \"http://a.example/\"").contains("https://a.example/")
    );
    assert!(one("receipt_url = \"https://a.example/\"").contains("receipts = \"merchant\""));
    for (market, law) in [("DE", "312k"), ("FR", "L215-1-1"), ("IE", "2011/83/EU")] {
        let line = format!("place = \"session\"\nmarkets = [\"US\", \"{market}\"]\n");
        let found = one(&line);
        assert!(found.starts_with("farewell.toml:5:1:") && found.contains(law), "{found}");
        assert!(one(&format!("{line}receipts = \"none\"")).contains(law));
        assert!(brand(&format!("{line}{merchant}")).is_ok());
    }
    assert!(brand("place = \"session\"\nmarkets = [\"US\", \"GB\"]").is_ok());
}

#[test]
fn public_pages_are_there_where_the_law_demands_them_and_where_they_are_turned_on() {
    const SOLD: &str = "place = \"session\"\nreceipts = \"merchant\"\nreceipt_url = \"https://a.example/\"\n";
    let public = |rest: &str| {
        let public = read(&format!("{GOOD}{SOLD}{rest}\n")).expect("a good text").brands[0].public;
        (public.cancel, public.withdraw)
    };
    assert_eq!(public(""), (false, false));
    assert_eq!(public("markets = [\"US\", \"DE\"]"), (true, true));
    assert_eq!(public("markets = [\"FR\"]"), (false, true));
    assert_eq!(public("markets = [\"FR\"]\n[brand.public]\ncancel = true"), (true, true));
    assert_eq!(public("[brand.public]\nwithdraw = true\ncancel = false"), (false, true));
    let found = problems(&format!("{GOOD}{SOLD}markets = [\"DE\"]\n[brand.public]\ncancel = false\n"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("`cancel` is false") && found[0].contains("DE"), "{}", found[0]);
    let found = problems(&format!("{GOOD}[brand.public]\ncancle = true\n"));
    assert!(found[0].contains("did you mean `cancel`?"), "{}", found[0]);
    in_brand("public = true", "[brand.public]");
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
        found
            .iter()
            .any(|line| line.starts_with("farewell.toml:8:1: error: this is not TOML: duplicate key")),
        "{found:#?}"
    );
}

#[test]
fn the_example_has_no_mistakes_and_every_field() {
    let text = include_str!("../farewell.example.toml");
    let config = read(text).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let all = problems(
        "x = 1\n[server]\nx = 1\n[server.smtp]\nxyz = 1\n[server.retention]\nxyz = 1\n[[brand]]\nx = 1\n[brand.public]\nxyz = 1\n[brand.stripe]\nxyz = 1\n[brand.pelcro]\nxyz = 1\n[[brand.webhook]]\nxyz = 1\n[[brand.reason]]\nxyz = 1\n[[brand.offer]]\nkind = \"discount\"\nxyz = 1\n[brand.offer.when]\nxyz = 1\n",
    );
    let fields: Vec<&str> = all
        .iter()
        .filter_map(|line| line.split("it has: ").nth(1))
        .flat_map(|list| list.trim_end_matches('.').split(", "))
        .collect();
    assert!(fields.len() > 30, "{all:#?}");
    for field in fields {
        assert!(
            [" = ", "]", "."].iter().any(|after| text.contains(&format!("{field}{after}"))),
            "{field} is not explained"
        );
    }
    assert_eq!(config.brands[0].offers.len(), 8);
}

#[test]
fn a_market_needs_a_source_for_the_customers_place() {
    let brand = |lines: &str| read(&format!("{GOOD}{lines}\n")).expect("a good text").brands[0].place;
    assert_eq!(brand(""), None);
    assert_eq!(brand("billing = \"ledger\"\nmarkets = [\"US\"]"), Some(PlaceSource::Billing));
    assert_eq!(brand("place = \"session\"\nmarkets = [\"US\"]"), Some(PlaceSource::Session));
    assert_eq!(brand("billing = \"ledger\"\nplace = \"session\""), Some(PlaceSource::Session));
    in_brand("markets = [\"US-MN\", \"GB\"]", "add `place = \"session\"`");
    in_brand("markets = [\"US-MN\", \"GB\"]", "Minn. Stat. § 325G.60");
    in_brand("place = \"billing\"", "no address is known here");
    in_brand("place = \"address\"", "\"billing\" or \"session\"");
}

#[test]
fn the_fields_of_a_brand_are_listed_once_each() {
    let list = &problems(&format!("{GOOD}zzz = 1\n[[brand.offer]]\nid = \"x\"\n"))[0];
    let fields: Vec<&str> =
        list.split("it has: ").nth(1).expect("a list").trim_end_matches('.').split(", ").collect();
    let once: std::collections::BTreeSet<&&str> = fields.iter().collect();
    assert_eq!(fields.len(), once.len(), "{fields:?}");
}

#[test]
fn a_brand_makes_fewer_offers_than_the_law_allows_and_never_more() {
    let most = |lines: &str| read(&format!("{GOOD}{lines}\n")).expect("a good text").brands[0].max_offers;
    assert_eq!(most(""), None);
    assert_eq!(most("max_offers = 0"), Some(0));
    assert_eq!(most("max_offers = 1\nplace = \"session\"\nmarkets = [\"US\"]"), Some(1));
    in_brand("max_offers = 4", "from 0 to 3");
    in_brand("max_offers = 2", "from 0 to 1");
    in_brand("max_offers = 2", "[max-offers, default: FTC Act");
    in_brand("max_offers = 1\nplace = \"session\"\nmarkets = [\"US-MN\"]", "[max-offers, us-mn: Minn. Stat.");
}

#[test]
fn what_every_market_forbids_is_said_to_be_never_shown() {
    let offer = "[[brand.offer]]\nid = \"half\"\nkind = \"discount\"\nheadline = \"Half\"\npercent_off = 5\nduration = \"once\"";
    let selling_in = |markets: &str| format!("{GOOD}place = \"session\"\nmarkets = {markets}\n{offer}\n");
    doubts(
        &selling_in("[\"US-MN\"]"),
        11,
        &["an offer is never made", "leave the offers out. [never-shown: Minn. Stat. § 325G.60]"],
    );
    for also_elsewhere in ["[\"US-MN\", \"US-TX\"]", "[\"US\"]", "[]"] {
        let config = read(&selling_in(also_elsewhere)).expect("a good text");
        assert_eq!(config.warnings, [], "{also_elsewhere}");
    }
}

#[test]
fn words_are_a_brands_own_by_language_and_key() {
    let text = format!(
        "{GOOD}[brand.words.en]\nkeep = \"Stay with us\"\nconfirm_until = \"Yours until {{date}}.\"\nbutton = \"End my plan\"\n"
    );
    let config = read(&text).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    assert_eq!(config.warnings, []);
    let brand = &config.brands[0];
    let pack = farewell_server::locale::Pack::of("en");
    let own = brand.own_words("en-GB");
    let words = pack.words("default", own);
    assert_eq!((words.get(flow::Word::Keep), words.get(flow::Word::Close)), ("Stay with us", "Close"));
    assert_eq!(pack.button("default", own), "End my plan");
    assert_eq!(pack.button("eu-withdrawal", own), "withdraw from contract here", "a law fixes it there");
}

#[test]
fn words_are_checked() {
    let words = |lines: &str, says: &[&str]| {
        let found = problems(&format!("{GOOD}[brand.words.en]\n{lines}\n"));
        assert_eq!(found.len(), 1, "{found:#?}");
        for word in says {
            assert!(
                found[0].starts_with("farewell.toml:10:") && found[0].contains(word),
                "{word}: {}",
                found[0]
            );
        }
    };
    words("kep = \"Stay\"", &["10:1: error: `kep` is not a word of the flow", "did you mean `keep`?"]);
    words("keep = 5", &["a text in quotes"]);
    words("keep = \" \"", &["`keep`: the text is empty"]);
    words("keep = \"Stay\\nhere\"", &["'\\n' cannot stand", "one line"]);
    words("confirm_until = \"Until the end\"", &["10:17: error", "write it with {date}"]);
    words("keep = \"Keep {plan}\"", &["without braces"]);
    let found = problems(&format!("{GOOD}[brand.words.xx]\nkeep = \"x\"\n"));
    assert!(found[0].contains("no words for \"xx\" yet"), "{found:#?}");
    let found = problems(&format!("{GOOD}[brand.words.en-GB]\nkeep = \"x\"\n"));
    assert!(found[0].contains("write `[brand.words.en]`"), "{found:#?}");
    let found = problems(&format!("{GOOD}[brand.words]\nkeep = \"x\"\n"));
    assert!(found[0].contains("write a table, such as `[brand.words.en]`"), "{found:#?}");
}

#[test]
fn colours_of_a_theme_are_checked_together() {
    let theme = |lines: &str| problems(&format!("{GOOD}[brand.theme]\n{lines}\n"));
    let one = |lines: &str, says: &[&str]| {
        let found = theme(lines);
        assert_eq!(found.len(), 1, "{found:#?}");
        for word in says {
            assert!(found[0].contains(word), "{word}: {}", found[0]);
        }
    };
    one("accent = \"blue\"", &["10:10: error: `accent`", "#rrggbb"]);
    one("acent = \"#000000\"", &["did you mean `accent`?"]);
    one(
        "on_accent = \"#8899ff\"",
        &["10:13: error", "#8899ff", "#4246c3", "needs 4.5:1", "on_accent = \"", "1.4.3"],
    );
    one("line = \"#aaaaaa\"", &["needs 3:1", "1.4.11"]);
    one("radius = 25", &["from 0 to 24"]);
    one("font = \"Inter; color: red\"", &["';' cannot stand", "system-ui"]);
    let weak = theme("ink = \"#6b6b6b\"\naccent = \"#000000\"");
    assert!(
        weak.iter().any(|found| found.contains("10:7: error: the way out") && found.contains("FTC Act")),
        "{weak:#?}"
    );
    let dark = theme("[brand.theme.dark]\naccent = \"#3d46c2\"");
    assert!(
        dark.iter().all(|found| found.contains("farewell.toml:11:10: error: ")) && dark.len() == 2,
        "{dark:#?}"
    );
    let good = "accent = \"#005A9C\"\nradius = 4\nfont = \"'Inter', sans-serif\"\n[brand.theme.dark]\naccent = \"#9ecbff\"\n";
    let config = read(&format!("{GOOD}[brand.theme]\n{good}")).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let properties = config.brands[0].theme.properties();
    let rows: Vec<_> =
        properties.iter().map(|row| (row.name, row.light.as_str(), row.dark.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("--fw-accent", "#005a9c", "#9ecbff"),
            // What is left out goes along: it is what the contrasts were measured with.
            ("--fw-on-accent", "#ffffff", "#000000"),
            ("--fw-ink", "#141414", "#ededed"),
            ("--fw-paper", "#ffffff", "#1b1d22"),
            ("--fw-soft", "#5f5f5f", "#a9aaac"),
            ("--fw-tint", "#f3f3f3", "#25272c"),
            ("--fw-line", "#8e8e8e", "#7f8183"),
            ("--fw-radius", "4px", "4px"),
            ("--fw-font", "'Inter', sans-serif", "'Inter', sans-serif"),
        ]
    );
}

#[test]
fn every_text_for_customers_is_read_for_dark_patterns() {
    let reason = |line: &str| format!("{GOOD}[[brand.reason]]\nkey = \"a\"\n{line}\n");
    doubts(
        &reason("label = \"No, I don't like saving\""),
        11,
        &["\"No, I don't like saving\"", "[confirm-shaming: FTC Act § 5"],
    );
    doubts(&reason("label = \"A\"\nfollow_up = \"Are you sure?\""), 12, &["[obstruction: ROSCA"]);
    let offer = |line: &str| {
        format!(
            "{GOOD}[[brand.offer]]\nid = \"last-chance\"\nkind = \"discount\"\npercent_off = 5\nduration = \"once\"\n{line}\n"
        )
    };
    doubts(&offer("headline = \"Only today!\""), 14, &["[fake-urgency: Directive 2005/29/EC, Annex I no. 7"]);
    doubts(&offer("headline = \"Half\"\nbody = \"You will lose everything.\""), 15, &["[loss: ", "{date}"]);
    let word = |line: &str| format!("{GOOD}[brand.words.en]\n{line}\n");
    doubts(&word("cancel = \"Keep my benefits\""), 10, &["reads like a way to stay", "[trick-wording: "]);
    doubts(&word("keep = \"Cancel\""), 10, &["reads like the way out"]);
    doubts(&word("confirm_title = \"Are you sure?\""), 10, &["[obstruction: "]);
}

#[test]
fn what_would_choose_for_customers_is_no_setting_and_the_law_is_named() {
    in_offer(
        "percent_off = 5\nduration = \"once\"\npreselected = true",
        "[preselection: Directive 2011/83/EU, Art. 22",
    );
    in_offer("percent_off = 5\nduration = \"once\"\ncountdown = 600", "[fake-urgency: ");
    in_brand("default_choice = \"stay\"", "[preselection: ");
}

#[test]
fn doubts_are_listed_beside_mistakes() {
    let found =
        read(&format!("{GOOD}plan = \"pro\"\n[[brand.reason]]\nkey = \"a\"\nlabel = \"Please don't go\"\n"))
            .expect_err("a mistake");
    let levels: Vec<Level> = found.iter().map(|problem| problem.level).collect();
    assert_eq!(levels, [Level::Error, Level::Warning]);
    assert!(found[1].to_string().starts_with("farewell.toml:12:9: warning: "), "{}", found[1]);
}

#[test]
fn the_configurations_of_this_repository_have_nothing_to_find() {
    let texts = [
        include_str!("../farewell.example.toml"),
        include_str!("http/farewell.toml"),
        include_str!("../../www/demo/farewell.toml"),
    ];
    for text in texts {
        let config = read(text).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
        assert_eq!(config.warnings, []);
    }
}

#[test]
fn the_documentation_has_every_law_and_every_locked_label() {
    use farewell_server::lint::{locked::LOCKED, rules};
    let text = include_str!("../../docs/configuration.md");
    for locked in LOCKED {
        let row = format!(
            "| `{}` | {} | {} |",
            locked.policy,
            language(locked.language),
            format_args!("`{}` | {}", locked.key, locked.label)
        );
        assert!(text.contains(&row), "{row}");
    }
    for (rule, law) in rules() {
        assert!(text.contains(&format!("| `{rule}` |")), "{rule}");
        for part in law.split("; ") {
            assert!(text.contains(part), "{rule}: {part}");
        }
    }
}

/// A language as the documentation names it.
fn language(tag: &str) -> &'static str {
    [("de", "German"), ("en", "English"), ("fr", "French")]
        .iter()
        .find(|(known, _)| *known == tag)
        .expect("a language that the documentation knows")
        .1
}

const PRIVATE: &str = "[server]\nprivate_webhooks = true\npublic_url";

/// The problems of a webhook with these fields.
#[track_caller]
fn in_webhook(fields: &str, says: &str) {
    let found = problems(&format!("{GOOD}[[brand.webhook]]\n{fields}\n"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(says), "{}", found[0]);
}

#[test]
fn a_webhook_takes_everything_that_counts_unless_it_says_otherwise() {
    let text = format!(
        "{GOOD}[[brand.webhook]]\nurl = \"https://a.example/hook?x=1\"\n\
         [[brand.webhook]]\nurl = \"https://a.example/hook?x=1\"\nenvironment = \"sandbox\"\nevents = [\"offer.accepted\"]\n"
    );
    let config = read(&text).expect("a good text");
    assert!(!config.server.private_webhooks);
    let [prod, sandbox] = config.brands[0].webhooks.as_slice() else { panic!("{:?}", config.brands) };
    assert_eq!((prod.url.as_str(), prod.environment), ("https://a.example/hook?x=1", Environment::Prod));
    assert_eq!(prod.events, Kind::ALL);
    assert_eq!(
        (sandbox.environment, sandbox.events.as_slice()),
        (Environment::Sandbox, &[Kind::OfferAccepted][..])
    );
}

#[test]
fn a_webhook_that_is_wrong_says_what_would_be_right() {
    in_webhook("", "[[brand.webhook]] has no `url`");
    in_webhook("url = \"http://a.example/\"", "write \"https://a.example/\"");
    in_webhook(
        "url = \"https://a.example/\"\nevents = [\"session.complete\"]",
        "did you mean \"session.completed\"?",
    );
    in_webhook("url = \"https://a.example/\"\nevents = []", "`events` is empty");
    in_webhook("url = \"https://a.example/\"\nenvironment = \"test\"", "\"prod\" or \"sandbox\"");
    in_webhook(
        "url = \"https://a.example/\"\n[[brand.webhook]]\nurl = \"https://a.example/\"",
        "there twice for \"prod\"",
    );
}

#[test]
fn a_webhook_goes_to_private_networks_only_where_the_server_says_so() {
    let near = [
        "http://localhost:8080/",
        "https://10.0.0.1/",
        "https://[::ffff:192.168.0.1]/",
        "https://100.64.0.1/",
    ];
    for url in near {
        let webhook = format!("[[brand.webhook]]\nurl = \"{url}\"\n");
        let found = problems(&format!("{GOOD}{webhook}"));
        assert!(found.len() == 1 && found[0].contains("`private_webhooks = true`"), "{url}: {found:#?}");
        let allowed = GOOD.replacen("[server]\npublic_url", PRIVATE, 1) + &webhook;
        read(&allowed).unwrap_or_else(|wrong| panic!("{url}: {wrong:#?}"));
    }
    for url in ["http://169.254.169.254/latest/", "https://0.0.0.0/", "https://[fd00:ec2::254]/"] {
        let webhook = format!("[[brand.webhook]]\nurl = \"{url}\"\n");
        let found = problems(&(GOOD.replacen("[server]\npublic_url", PRIVATE, 1) + &webhook));
        assert!(found.len() == 1 && found[0].contains("never sent to"), "{url}: {found:#?}");
    }
}
