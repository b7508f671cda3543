//! A brand's words and colours, and what customers read.

use farewell_server::config::Level;

use crate::{GOOD, doubts, in_brand, in_offer, problems, read};

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
