//! Dark patterns in texts, told by their words. A text may err, so what is found here is a warning.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::fold::{self, Folded};

/// Whose text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'t> {
    /// The label of a reason. It speaks for the customer.
    Label,
    /// A question to the customer, such as a reason's follow-up.
    Question,
    /// Anything in an offer.
    Offer,
    /// A word of the flow, by its key.
    Word(&'t str),
}

/// A kind of text that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Label,
    Question,
    Offer,
    Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rule: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: String,
    law: String,
    says: String,
    instead: String,
    r#in: Vec<Kind>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    fields: Vec<String>,
    patterns: Vec<String>,
    unless: Option<String>,
    /// What has to be found; a test sees to it.
    #[cfg_attr(not(test), allow(dead_code, reason = "read by the tests of this file"))]
    examples: Vec<String>,
}

struct Rule {
    written: WrittenRule,
    pattern: Option<Regex>,
    unless: Option<Regex>,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    #[allow(clippy::expect_used, reason = "the rules are compiled in, and a test reads every one of them")]
    let written: Written = toml::from_str(include_str!("patterns.toml")).expect("the rules are TOML");
    written.rule.into_iter().map(Rule::new).collect()
});

impl Rule {
    fn new(written: WrittenRule) -> Self {
        let any = written.patterns.iter().map(|pattern| bounded(pattern)).collect::<Vec<_>>().join("|");
        let pattern = (!any.is_empty()).then(|| compiled(&any));
        let unless = written
            .unless
            .as_deref()
            .map(|unless| compiled(&unless.split('|').map(bounded).collect::<Vec<_>>().join("|")));
        Self { pattern, unless, written }
    }

    fn looks_at(&self, text: Text<'_>) -> bool {
        let kind = match text {
            Text::Label => Kind::Label,
            Text::Question => Kind::Question,
            Text::Offer => Kind::Offer,
            Text::Word(_) => Kind::Word,
        };
        let key = match text {
            Text::Word(key) => {
                self.written.words.is_empty() || self.written.words.iter().any(|word| word == key)
            }
            _ => true,
        };
        self.written.r#in.contains(&kind) && key
    }

    /// What in a text this rule is against, as it is written there.
    fn finds(&self, folded: &Folded<'_>) -> Option<String> {
        let found = self.pattern.as_ref()?.find(&folded.text)?;
        let innocent = self.unless.as_ref().is_some_and(|unless| unless.is_match(&folded.text));
        (!innocent).then(|| folded.original(found.range()))
    }

    fn reason(&self) -> String {
        let WrittenRule { id, law, says, instead, .. } = &self.written;
        format!("{says}; {instead}. [{id}: {law}]")
    }
}

/// A pattern that matches whole words, in scripts that have spaces between them.
///
/// It is rewritten to what means the same here and takes a tenth of the memory. In a folded text a character of a word is whatever
/// is no space: `\w` would be some seven hundred ranges, copied by every repetition. And nobody asks what a group has matched,
/// for which a search keeps room in every state.
fn bounded(pattern: &str) -> String {
    let pattern = fold::pattern(pattern).replace(r"\w", "[^ ]").replace('(', "(?:");
    let has_spaces = |c: char| !matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
    if pattern.chars().all(has_spaces) { format!(r"\b(?:{pattern})\b") } else { format!("(?:{pattern})") }
}

#[allow(clippy::expect_used, reason = "the rules are compiled in, and a test reads every one of them")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the rules are regular expressions")
}

/// What reads like a dark pattern in a text: a sentence for each, with what would be right and the law.
#[must_use]
pub fn findings(text: &str, of: Text<'_>) -> Vec<String> {
    let folded = Folded::of(text);
    let rules = RULES.iter().filter(|rule| rule.looks_at(of));
    rules.filter_map(|rule| Some(format!("\"{}\" {}", rule.finds(&folded)?, rule.reason()))).collect()
}

/// The id and the law of every rule about texts and settings, in the order they are looked at.
pub fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.iter().map(|rule| (rule.written.id.as_str(), rule.written.law.as_str()))
}

/// Why there is no setting of this name, if it would be a dark pattern: what it does, what would be right and the law.
#[must_use]
pub fn of_field(name: &str) -> Option<String> {
    RULES.iter().find(|rule| rule.written.fields.iter().any(|field| field == name)).map(Rule::reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that honest merchants write.
    const INNOCENT: &str = include_str!("innocent.txt");

    /// A text a rule looks at.
    fn example_of(rule: &Rule) -> Text<'_> {
        match rule.written.r#in.last() {
            Some(Kind::Label) => Text::Label,
            Some(Kind::Question) => Text::Question,
            Some(Kind::Offer) | None => Text::Offer,
            Some(Kind::Word) => {
                Text::Word(rule.written.words.first().map_or("confirm_title", String::as_str))
            }
        }
    }

    #[test]
    fn every_rule_finds_its_examples() {
        let mut missed = Vec::new();
        for rule in RULES.iter() {
            for example in &rule.written.examples {
                let told = findings(example, example_of(rule));
                if !told.iter().any(|told| told.contains(&rule.reason())) {
                    missed.push(format!("{}: {example}", rule.written.id));
                }
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn every_rule_has_a_law_and_examples_in_every_line_of_patterns() {
        for rule in RULES.iter() {
            let WrittenRule { id, law, instead, patterns, examples, .. } = &rule.written;
            assert!(!law.is_empty() && !instead.ends_with('.'), "{id}");
            for pattern in patterns {
                let pattern = compiled(&bounded(pattern));
                let found = examples.iter().any(|example| pattern.is_match(&Folded::of(example).text));
                assert!(found, "{id}: no example of {pattern}");
            }
        }
    }

    #[test]
    fn innocent_texts_are_left_alone() {
        let mut wrong = Vec::new();
        let mut texts = 0;
        for line in INNOCENT.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let (kind, text) = line.split_once(": ").expect("a kind and a text");
            let of = match kind {
                "label" => Text::Label,
                "question" => Text::Question,
                "offer" => Text::Offer,
                key => Text::Word(key),
            };
            texts += 1;
            wrong.extend(findings(text, of).into_iter().map(|found| format!("{text}: {found}")));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(texts > 100, "{texts}");
    }

    #[test]
    fn case_accents_and_typography_hide_nothing() {
        for text in [
            "LAST CHANCE",
            "last-chance",
            "Last\u{a0}chance",
            "l\u{200b}ast chance",
            "“Last” chance…",
            "ｌａｓｔ chance",
        ] {
            assert_eq!(findings(text, Text::Offer).len(), 1, "{text}");
        }
        assert_eq!(
            findings("last chances are rare, said the blast chancellor", Text::Offer),
            [] as [&str; 0]
        );
    }

    #[test]
    fn what_was_found_is_quoted_with_its_law_and_what_would_be_right() {
        let found = findings("Save 20% — Only Today!", Text::Offer);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("\"Only Today\" hurries people"), "{}", found[0]);
        assert!(found[0].contains("name the day") && found[0].contains("Annex I no. 7"), "{}", found[0]);
    }

    #[test]
    fn a_label_speaks_for_the_customer() {
        assert!(findings("I only needed it for a limited time", Text::Label).is_empty());
        assert!(!findings("For a limited time", Text::Offer).is_empty());
    }

    #[test]
    fn settings_that_would_choose_beforehand_are_known() {
        for field in ["preselected", "default_choice", "recommended"] {
            assert!(of_field(field).is_some_and(|why| why.contains("Art. 22")), "{field}");
        }
        assert!(of_field("countdown").is_some_and(|why| why.contains("Annex I no. 7")));
        assert!(of_field("headline").is_none());
    }

    #[test]
    fn the_words_of_the_flow_are_innocent() {
        use flow::Word;
        for pack in crate::locale::packs() {
            for word in Word::ALL {
                let text = pack.text(word.key()).unwrap_or_default();
                let found = findings(text, Text::Word(word.key()));
                assert!(found.is_empty(), "{} {}: {found:#?}", pack.language(), word.key());
            }
        }
    }
}
