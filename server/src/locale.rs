//! Languages: which ones there are words for, and how their tags are read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use flow::Words;
use icu_locale::{Direction, Locale, LocaleDirectionality};

/// The words of one language: the flow's, and those around it.
#[derive(Debug)]
pub struct Pack {
    language: &'static str,
    flow: Texts,
    page: Texts,
    offer: Texts,
    hub: Texts,
    policy: BTreeMap<String, Texts>,
}

/// Texts by their keys.
pub type Texts = BTreeMap<String, String>;

/// The packs that are part of this program, each of five files.
macro_rules! packs {
    ($($language:literal)*) => {
        vec![$(Pack::read($language, [
            include_str!(concat!("../locales/", $language, ".toml")),
            include_str!(concat!("../locales/page.", $language, ".toml")),
            include_str!(concat!("../locales/offer.", $language, ".toml")),
            include_str!(concat!("../locales/hub.", $language, ".toml")),
            include_str!(concat!("../locales/policy.", $language, ".toml")),
        ]),)*]
    };
}

static PACKS: LazyLock<Vec<Pack>> = LazyLock::new(|| packs!("en" "de" "fr" "es" "ja" "ar"));

impl Pack {
    /// The pack of a tag's language; English when there is none.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        Self::find(tag).unwrap_or(&PACKS[0])
    }

    /// The pack of a tag's language, if there is one.
    #[must_use]
    pub fn find(tag: &str) -> Option<&'static Self> {
        let locale = Locale::try_from_str(tag).ok()?;
        PACKS.iter().find(|pack| locale.id.language.as_str() == pack.language)
    }

    /// Every pack, English first.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        PACKS.iter()
    }

    /// The flow's words: the brand's own over the pack's, and over both what a policy says (`us-mn`, or several, `de+us-ca`).
    #[must_use]
    pub fn words(&self, policy: &str, own: &Texts) -> Words {
        let text = |key: &'static str| Some(self.word(policy, own, key).to_owned());
        Words::from_pack(text).unwrap_or_else(|_| unreachable!("every word has a text"))
    }

    fn word<'a>(&'a self, policy: &str, own: &'a Texts, key: &'a str) -> &'a str {
        let law = policy.split('+').find_map(|id| self.policy.get(id)?.get(key));
        let text = law.or_else(|| own.get(key)).or_else(|| self.flow.get(key));
        text.map_or_else(|| self.page(key), String::as_str)
    }

    /// The pack's own text of a word of the flow, or of the button that opens it, by its key.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        let page = || self.page.get(key).filter(|_| key == "button");
        self.flow.get(key).or_else(page).map(String::as_str)
    }

    /// A text of the hosted pages; its key when the pack has none.
    #[must_use]
    pub fn page<'a>(&'a self, key: &'a str) -> &'a str {
        self.page.get(key).map_or(key, String::as_str)
    }

    /// A sentence about an offer; its key when the pack has none.
    #[must_use]
    pub fn offer<'a>(&'a self, key: &'a str) -> &'a str {
        self.offer.get(key).map_or(key, String::as_str)
    }

    /// A text of the subscription hub; its key when the pack has none.
    #[must_use]
    pub fn hub<'a>(&'a self, key: &'a str) -> &'a str {
        self.hub.get(key).map_or(key, String::as_str)
    }

    /// The words on a button that opens the flow: as the policy has them, else the brand's own.
    #[must_use]
    pub fn button<'a>(&'a self, policy: &str, own: &'a Texts) -> &'a str {
        self.word(policy, own, "button")
    }

    /// The pack's language, as a BCP 47 tag.
    #[must_use]
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// Reads a pack that is part of this program.
    #[allow(clippy::expect_used, reason = "packs are compiled in, and a test reads every one of them")]
    fn read(language: &'static str, [flow, page, offer, hub, policy]: [&str; 5]) -> Self {
        let texts = |text| -> Texts { toml::from_str(text).expect("locale packs are TOML") };
        let policy = toml::from_str(policy).expect("locale packs are TOML");
        let [flow, page, offer, hub] = [flow, page, offer, hub].map(texts);
        Self { language, flow, page, offer, hub, policy }
    }
}

/// The packs of every language there are words for.
#[must_use]
pub fn packs() -> &'static [Pack] {
    &PACKS
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
    if Pack::find(tag).is_none() {
        let languages: Vec<_> = PACKS.iter().map(|pack| format!("\"{}\"", pack.language)).collect();
        return Err(format!("there are no words for \"{tag}\" yet; write one of: {}.", languages.join(", ")));
    }
    Ok(spelled)
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

    fn keys(texts: &Texts) -> BTreeSet<&str> {
        texts.keys().map(String::as_str).collect()
    }

    /// The `{…}` of a text, sorted.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    #[test]
    fn every_pack_has_exactly_the_words_of_the_flow_and_the_keys_of_the_english_one() {
        let words: BTreeSet<&str> = Word::ALL.iter().map(|word| word.key()).collect();
        let english = Pack::of("en");
        for pack in Pack::all() {
            let language = pack.language;
            assert_eq!(keys(&pack.flow), words, "{language}");
            assert_eq!(keys(&pack.page), keys(&english.page), "page of {language}");
            assert_eq!(keys(&pack.offer), keys(&english.offer), "offer of {language}");
            assert_eq!(keys(&pack.hub), keys(&english.hub), "hub of {language}");
            assert!(pack.policy.keys().eq(english.policy.keys()), "policies of {language}");
            for (id, law) in &pack.policy {
                assert_eq!(keys(law), keys(&english.policy[id]), "{id} in {language}");
            }
            let all =
                [&pack.flow, &pack.page, &pack.offer, &pack.hub].into_iter().chain(pack.policy.values());
            assert!(all.flat_map(BTreeMap::values).all(|text| !text.trim().is_empty()), "{language}");
        }
    }

    #[test]
    fn placeholders_are_the_same_in_every_language() {
        let english = Pack::of("en");
        for pack in Pack::all() {
            for (texts, model) in [
                (&pack.flow, &english.flow),
                (&pack.page, &english.page),
                (&pack.offer, &english.offer),
                (&pack.hub, &english.hub),
            ] {
                for (key, text) in texts {
                    assert_eq!(placeholders(text), placeholders(&model[key]), "{key} in {}", pack.language);
                }
            }
        }
        let known = BTreeSet::from(["price", "date", "span"]);
        let texts = english.flow.values().chain(english.offer.values());
        assert!(texts.flat_map(|text| placeholders(text)).all(|name| known.contains(name)));
    }

    #[test]
    fn a_law_says_its_words_over_those_of_the_brand_and_of_the_pack() {
        let pack = Pack::of("en");
        let own = Texts::from([("cancel".into(), "Bye".into()), ("keep".into(), "Stay with us".into())]);
        let words = pack.words("us-mn", &own);
        assert_eq!((words.get(Word::Cancel), words.get(Word::Keep)), ("Bye", "Stay with us"));
        assert_eq!(words.get(Word::Back), "Back");
        let words = pack.words("us-ca+de", &own);
        assert_eq!((words.get(Word::Cancel), words.get(Word::Keep)), ("Cancel now", "Stay with us"));
        assert_eq!(pack.button("us-ca+de", &own), "Cancel contracts here");
        assert_eq!(pack.button("default", &own), "Cancel Subscription");
    }

    #[test]
    fn a_plain_tag_is_language_and_country() {
        assert_eq!(plain("de-Latn-at-u-ca-buddhist").as_deref(), Some("de-AT"));
        assert_eq!(plain("EN").as_deref(), Some("en"));
        assert_eq!(plain("*"), None);
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
