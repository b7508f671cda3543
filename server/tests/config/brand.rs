//! A brand's table: what it is called, where it sells, how its customers are reached.

use farewell_server::brand::{PlaceSource, Receipts};

use crate::{GOOD, in_brand, problems, read};

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
fn two_brands_share_neither_slug_nor_number() {
    let second = GOOD.split("\n\n").nth(1).expect("a brand");
    let found = problems(&format!("{GOOD}\n{second}"));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|line| line.contains("another brand's")));
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
