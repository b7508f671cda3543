//! `[brand.words.<language>]`: the flow's words as a brand says them.

use std::collections::{BTreeMap, BTreeSet};

use flow::Word;
use serde_spanned::Spanned;

use super::table::{Table, nearest};
use crate::lint::{self, Text, locked, market};
use crate::locale::{self, Pack};
use crate::place::Place;

/// How long a word may be, in characters.
const LONGEST: usize = 300;

/// Words by language and key.
pub(super) type Words = BTreeMap<String, BTreeMap<String, String>>;

/// Reads a brand's words. What is wrong is not among them.
pub(super) fn read(brand: &Table<'_>, markets: &[Place]) -> Words {
    let Some(table) = brand.table("words", "[brand.words]") else { return Words::new() };
    let policies: Vec<String> = market::policies(markets).into_iter().map(|policy| policy.id).collect();
    let mut words = Words::new();
    for (language, table) in table.named_tables("[brand.words.en]") {
        match pack(language.get_ref()) {
            Ok(pack) => {
                words.insert(pack.language().into(), of_language(&table, pack, &policies));
            }
            Err(message) => table.wrong(language.span(), message),
        }
    }
    words
}

fn pack(language: &str) -> Result<&'static Pack, String> {
    locale::supported(language)?;
    let pack = Pack::of(language);
    if pack.language() == language {
        return Ok(pack);
    }
    Err(format!("\"{language}\" is more than a language; write `[brand.words.{}]`.", pack.language()))
}

fn of_language(table: &Table<'_>, pack: &Pack, policies: &[String]) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for (key, text) in table.named_texts() {
        let Some(usual) = pack.text(key.get_ref()) else {
            table.wrong(key.span(), unknown(key.get_ref()));
            continue;
        };
        if let Some(locked) = policies.iter().find_map(|id| locked::find(id, pack.language(), key.get_ref()))
        {
            table.wrong(key.span(), fixed(locked));
            continue;
        }
        match check(&text, usual) {
            Ok(()) => {
                for finding in lint::findings(text.get_ref(), Text::Word(key.get_ref())) {
                    table.suspect(text.span(), finding);
                }
                words.insert(key.get_ref().to_string(), text.get_ref().to_string());
            }
            Err(message) => table.wrong(text.span(), format!("`{}`: {message}", key.get_ref())),
        }
    }
    words
}

fn unknown(key: &str) -> String {
    let known: Vec<&str> = Word::ALL.iter().map(|word| word.key()).chain(["button"]).collect();
    match nearest(key, &known) {
        Some(guess) => format!("`{key}` is not a word of the flow; did you mean `{guess}`?"),
        None => format!("`{key}` is not a word of the flow; there is: {}.", known.join(", ")),
    }
}

fn fixed(locked: &locked::Locked) -> String {
    let locked::Locked { key, label, law, policy, .. } = locked;
    format!(
        "`{key}` cannot be changed: in a market of this brand the law fixes it as \"{label}\"; leave it out. [locked-label, {policy}: {law}]"
    )
}

fn check(text: &Spanned<&str>, usual: &str) -> Result<(), String> {
    let written = *text.get_ref();
    let length = written.chars().count();
    if written.trim().is_empty() {
        return Err("the text is empty; write one, or leave the word out.".into());
    }
    if length > LONGEST {
        return Err(format!("the text has {length} characters; write {LONGEST} at most."));
    }
    if let Some(control) = written.chars().find(|c| c.is_control()) {
        return Err(format!("{control:?} cannot stand in a word; write the text on one line."));
    }
    let (found, wanted) = (placeholders(written), placeholders(usual));
    if found == wanted {
        return Ok(());
    }
    let hint = match wanted.len() {
        0 => "write it without braces".into(),
        _ => format!("write it with {}", wanted.into_iter().collect::<Vec<_>>().join(" and ")),
    };
    Err(format!("what is filled in has to be the same as in \"{usual}\"; {hint}."))
}

/// What stands in braces, with them. A brace that stands alone is one by itself.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let from = rest.get(at..).unwrap_or_default();
        let inside = from.strip_prefix('{').and_then(|inside| inside.find(['{', '}'])).map(|end| end + 2);
        let part = inside.and_then(|end| from.get(..end)).filter(|part| part.ends_with('}'));
        let part = part.or_else(|| from.get(..1)).unwrap_or_default();
        found.insert(part);
        rest = from.get(part.len().max(1)..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str, usual: &str) -> Result<(), String> {
        check(&Spanned::new(0..0, text), usual)
    }

    #[test]
    fn a_word_fills_in_what_the_usual_one_does() {
        assert_eq!(checked("Zugang bis {date}", "Access until {date}."), Ok(()));
        assert_eq!(checked("From {date}, {price}. Yes, {price}.", "{price} from {date}"), Ok(()));
        for wrong in [
            "Access",
            "Until {day}",
            "Until {date",
            "Until date}",
            "{{date}}",
            "{date} {price}",
            "{}",
            "{ date }",
        ] {
            let said = checked(wrong, "Access until {date}.").expect_err(wrong);
            assert!(said.contains("write it with {date}"), "{said}");
        }
        assert!(checked("Close {it}", "Close").expect_err("a brace").contains("without braces"));
    }

    #[test]
    fn a_word_is_one_short_line() {
        assert!(checked(" ", "Close").is_err());
        assert!(checked("Close\nnow", "Close").expect_err("a line end").contains("one line"));
        assert!(checked("\u{1b}[31mClose", "Close").is_err());
        assert!(checked(&"é".repeat(300), "Close").is_ok());
        assert!(checked(&"é".repeat(301), "Close").expect_err("long").contains("301"));
    }

    #[test]
    fn a_locked_word_names_its_label_and_law() {
        let locked = locked::find("de", "de", "cancel").expect("a locked label");
        let said = fixed(locked);
        assert!(said.contains("jetzt kündigen") && said.contains("§ 312k"), "{said}");
    }
}
