//! Languages: which ones there are words for, and how their tags are read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use flow::Words;
use icu_locale::{Direction, Locale, LocaleDirectionality};

/// The words of one language: the flow's, and those of the pages around it.
#[derive(Debug)]
pub struct Pack {
    language: &'static str,
    /// The flow's own words.
    pub words: Words,
    page: BTreeMap<String, String>,
}

static PACKS: LazyLock<Vec<Pack>> = LazyLock::new(|| {
    vec![Pack::read("en", include_str!("../locales/en.toml"), include_str!("../locales/page.en.toml"))]
});

impl Pack {
    /// The pack of a tag's language; English when there is none.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        find(tag).unwrap_or(&PACKS[0])
    }

    /// A text of the hosted pages; its key when the pack has none.
    #[must_use]
    pub fn page<'a>(&'a self, key: &'a str) -> &'a str {
        self.page.get(key).map_or(key, String::as_str)
    }

    /// The words on a button that opens the flow.
    #[must_use]
    pub fn button(&self) -> &str {
        self.page("button")
    }

    /// The pack's language, as a BCP 47 tag.
    #[must_use]
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// Reads a pack that is part of this program.
    #[allow(clippy::expect_used, reason = "packs are compiled in, and a test reads every one of them")]
    fn read(language: &'static str, words: &str, page: &str) -> Self {
        let words: BTreeMap<String, String> = toml::from_str(words).expect("locale packs are TOML");
        let page = toml::from_str(page).expect("locale packs are TOML");
        let words = Words::from_pack(|key| words.get(key).cloned()).expect("locale packs have every word");
        Self { language, words, page }
    }
}

/// The words of pages in one language. There are more of these than of whole [packs](Pack).
#[derive(Debug)]
pub struct Pages {
    language: &'static str,
    texts: BTreeMap<String, String>,
}

static PAGES: LazyLock<Vec<Pages>> = LazyLock::new(|| {
    vec![
        Pages::read("en", include_str!("../locales/page.en.toml")),
        Pages::read("de", include_str!("../locales/page.de.toml")),
    ]
});

impl Pages {
    /// The words in a tag's language; in English when there are none.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        Self::find(tag).unwrap_or(&PAGES[0])
    }

    /// The words in a tag's language, if there are any.
    #[must_use]
    pub fn find(tag: &str) -> Option<&'static Self> {
        let locale = Locale::try_from_str(tag).ok()?;
        PAGES.iter().find(|pages| locale.id.language.as_str() == pages.language)
    }

    /// A text; the English one when it is not there in this language, and its key when there is none at all.
    #[must_use]
    pub fn text<'a>(&'a self, key: &'a str) -> &'a str {
        let found = self.texts.get(key).or_else(|| PAGES[0].texts.get(key));
        found.map_or(key, String::as_str)
    }

    /// The language, as a BCP 47 tag.
    #[must_use]
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// Reads words that are part of this program.
    #[allow(clippy::expect_used, reason = "they are compiled in, and a test reads every one of them")]
    fn read(language: &'static str, texts: &str) -> Self {
        Self { language, texts: toml::from_str(texts).expect("the words of pages are TOML") }
    }
}

fn find(tag: &str) -> Option<&'static Pack> {
    let locale = Locale::try_from_str(tag).ok()?;
    PACKS.iter().find(|pack| locale.id.language.as_str() == pack.language)
}

/// Reads a BCP 47 tag and gives it in its usual spelling.
///
/// # Errors
/// A sentence that says what would be right.
pub fn well_formed(tag: &str) -> Result<String, String> {
    Locale::try_from_str(tag).map(|locale| locale.to_string()).map_err(|_| {
        format!("\"{tag}\" is not a language tag; write a BCP 47 tag, such as \"en\" or \"en-GB\".")
    })
}

/// Reads a BCP 47 tag and gives it in its usual spelling, if there are words for its language.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub fn supported(tag: &str) -> Result<String, String> {
    let spelled = well_formed(tag)?;
    if find(tag).is_none() {
        let languages: Vec<_> = PACKS.iter().map(|pack| format!("\"{}\"", pack.language)).collect();
        return Err(format!("there are no words for \"{tag}\" yet; write one of: {}.", languages.join(", ")));
    }
    Ok(spelled)
}

/// The language and country of a BCP 47 tag, and nothing else of it: what a browser says may carry calendars and scripts of its own.
#[must_use]
pub fn plain(tag: &str) -> Option<String> {
    let id = Locale::try_from_str(tag).ok()?.id;
    Some(match id.region {
        Some(region) => format!("{}-{region}", id.language),
        None => id.language.to_string(),
    })
}

/// Whether a language is written from right to left.
#[must_use]
pub fn is_rtl(tag: &str) -> bool {
    Locale::try_from_str(tag).is_ok_and(|locale| {
        LocaleDirectionality::new_common().get(&locale.id) == Some(Direction::RightToLeft)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use flow::Word;

    use super::*;

    #[test]
    fn the_english_pack_has_exactly_the_words_of_the_flow() {
        let pack: BTreeMap<String, String> =
            toml::from_str(include_str!("../locales/en.toml")).expect("TOML");
        let has: BTreeSet<&str> = pack.keys().map(String::as_str).collect();
        let needs: BTreeSet<&str> = Word::ALL.iter().map(|word| word.key()).collect();
        assert_eq!(has, needs);
        assert!(pack.values().all(|text| !text.trim().is_empty()));
    }

    #[test]
    fn words_of_declarations_are_there_in_every_language_with_the_same_placeholders() {
        let placeholders = |text: &str| -> BTreeSet<String> {
            text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.into())).collect()
        };
        let [english, others @ ..] = PAGES.as_slice() else { panic!("no words") };
        for (key, text) in english.texts.iter().filter(|(key, _)| key.starts_with("declaration_")) {
            for pages in others {
                let theirs = pages.texts.get(key).unwrap_or_else(|| panic!("{key} in {}", pages.language));
                assert_eq!(placeholders(theirs), placeholders(text), "{key} in {}", pages.language);
            }
        }
    }

    #[test]
    fn a_plain_tag_is_language_and_country() {
        assert_eq!(plain("de-Latn-at-u-ca-buddhist").as_deref(), Some("de-AT"));
        assert_eq!(plain("EN").as_deref(), Some("en"));
        assert_eq!(plain("*"), None);
    }

    #[test]
    fn placeholders_in_words_are_the_ones_the_flow_fills() {
        let known = ["{price}", "{date}", "{plan}", "{email}"];
        for word in Word::ALL {
            let mut text = Pack::of("en").words.get(*word).to_owned();
            for placeholder in known {
                text = text.replace(placeholder, "");
            }
            assert!(!text.contains(['{', '}']), "{}: {text}", word.key());
        }
    }

    #[test]
    fn tags_are_normalised_and_unknown_languages_named() {
        assert_eq!(supported("EN-gb"), Ok("en-GB".into()));
        assert!(supported("xx").unwrap_err().contains("no words"));
        assert!(supported("not a tag").unwrap_err().contains("BCP 47"));
    }

    #[test]
    fn direction_comes_from_the_language() {
        assert!(is_rtl("he") && is_rtl("ar-EG") && is_rtl("az-Arab"));
        assert!(!is_rtl("en") && !is_rtl("nonsense tag"));
    }
}
