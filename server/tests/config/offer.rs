//! Reasons and offers, and how many the law allows.

use crate::{GOOD, doubts, in_brand, in_offer, problems, read};

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
