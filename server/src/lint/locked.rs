//! Labels whose words a law has written. No configuration changes them.

/// A label of the flow, or of the merchant's button, in the words of a law.
#[derive(Debug, PartialEq, Eq)]
pub struct Locked {
    /// The policy under which it is locked.
    pub policy: &'static str,
    /// The language it is locked in: other languages have no words of the law's own.
    pub language: &'static str,
    /// The word's key in a locale pack; `button` is the merchant's button.
    pub key: &'static str,
    /// What the law calls it.
    pub label: &'static str,
    /// The law.
    pub law: &'static str,
}

const GERMANY: &str = "§ 312k (2) BGB";
const FRANCE: &str = "Code de la consommation, L215-1-1 and décret 2023-417";
const CALIFORNIA: &str = "Cal. Bus. & Prof. Code § 17602";
const WITHDRAWAL: &str = "Directive 2011/83/EU, Art. 11a, by Directive (EU) 2023/2673";
const PAYING: &str = "Directive 2011/83/EU, Art. 8 (2)";

const fn label(
    policy: &'static str,
    language: &'static str,
    key: &'static str,
    label: &'static str,
    law: &'static str,
) -> Locked {
    Locked { policy, language, key, label, law }
}

/// Every label that is known in a law's own words.
pub const LOCKED: &[Locked] = &[
    label("de", "de", "button", "Verträge hier kündigen", GERMANY),
    label("de", "de", "cancel", "jetzt kündigen", GERMANY),
    label("fr", "fr", "button", "résilier votre contrat", FRANCE),
    label("fr", "fr", "cancel", "notification de la résiliation", FRANCE),
    label("us-ca", "en", "click_to_cancel", "Click to cancel", CALIFORNIA),
    label("eu", "en", "accept_and_pay", "order with obligation to pay", PAYING),
    label("eu-withdrawal", "en", "button", "withdraw from contract here", WITHDRAWAL),
    label("eu-withdrawal", "en", "cancel", "confirm withdrawal", WITHDRAWAL),
];

/// The locked label of a word under a policy, such as `de`, or several of them, such as `de+us-mn`. `lang` is a BCP 47 tag; its
/// region plays no part.
#[must_use]
pub fn find(policy_id: &str, lang: &str, key: &str) -> Option<&'static Locked> {
    let language = lang.split(['-', '_']).next().unwrap_or_default();
    let under = |locked: &Locked| policy_id.split('+').any(|id| id == locked.policy);
    LOCKED
        .iter()
        .find(|locked| locked.key == key && locked.language.eq_ignore_ascii_case(language) && under(locked))
}

/// The law that has written the words of a label under a policy. None where a merchant may choose them.
#[must_use]
pub fn is_locked(policy_id: &str, lang: &str, key: &str) -> Option<&'static str> {
    find(policy_id, lang, key).map(|locked| locked.law)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_locked_under_its_law_and_in_its_language() {
        assert_eq!(is_locked("de", "de", "cancel"), Some(GERMANY));
        assert_eq!(is_locked("de+us-mn", "de-AT", "button"), Some(GERMANY));
        assert_eq!(
            find("fr", "fr", "cancel").map(|locked| locked.label),
            Some("notification de la résiliation")
        );
        assert_eq!(is_locked("eu-withdrawal", "en", "button"), Some(WITHDRAWAL));
        assert_eq!(is_locked("default", "de", "cancel"), None);
        assert_eq!(is_locked("de", "en", "cancel"), None, "the law's words are German");
        assert_eq!(is_locked("de", "de", "keep"), None);
        assert_eq!(is_locked("de-x", "de", "cancel"), None);
    }
}
