use serde::Serialize;
use utoipa::ToSchema;

/// What is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeclarationKind)]
pub enum Kind {
    /// That a contract is to end: § 312k BGB.
    Cancel,
    /// That the consumer withdraws from a contract: Directive 2011/83/EU, Article 11a; § 356a BGB.
    Withdraw,
}

/// What stands on the way in and on the button that sends, in a language.
struct Labels {
    language: &'static str,
    entry: &'static str,
    confirm: &'static str,
}

/// The first is for every language without a row of its own. Where the law gives the words, these are them: no configuration and
/// no locale pack changes them.
const CANCEL: [Labels; 2] = [
    Labels { language: "en", entry: "cancel contracts here", confirm: "cancel now" },
    // § 312k (2) BGB.
    Labels { language: "de", entry: "Verträge hier kündigen", confirm: "jetzt kündigen" },
];
const WITHDRAW: [Labels; 2] = [
    // Article 11a (1) and (3), in the directive's English and German.
    Labels { language: "en", entry: "withdraw from contract here", confirm: "confirm withdrawal" },
    Labels { language: "de", entry: "Vertrag widerrufen", confirm: "Widerruf bestätigen" },
];

impl Kind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Cancel, Self::Withdraw];

    /// The name it has in paths, in the database and in the names of words: `cancel` or `withdraw`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Withdraw => "withdraw",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What leads to the page, and heads it.
    #[must_use]
    pub fn entry(self, language: &str) -> &'static str {
        self.labels(language).entry
    }

    /// What stands on the button that sends the declaration.
    #[must_use]
    pub fn confirm(self, language: &str) -> &'static str {
        self.labels(language).confirm
    }

    fn labels(self, language: &str) -> &'static Labels {
        let rows: &'static [Labels; 2] = match self {
            Self::Cancel => &CANCEL,
            Self::Withdraw => &WITHDRAW,
        };
        rows.iter().find(|row| row.language == language).unwrap_or(&rows[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_law_are_its_words() {
        assert_eq!(Kind::Cancel.entry("de"), "Verträge hier kündigen");
        assert_eq!(Kind::Cancel.confirm("de"), "jetzt kündigen");
        assert_eq!(Kind::Withdraw.entry("en"), "withdraw from contract here");
        assert_eq!(Kind::Withdraw.confirm("en"), "confirm withdrawal");
        assert_eq!(Kind::Withdraw.confirm("de"), "Widerruf bestätigen");
        assert_eq!(Kind::Cancel.confirm("ja"), "cancel now");
    }
}
