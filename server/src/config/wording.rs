//! Every text that a merchant writes for customers, looked at for dark patterns.

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::table::Table;
use crate::lint::{self, Text};

/// Fields of reasons and offers that no customer reads.
const NOT_SHOWN: &[&str] = &["key", "id", "kind", "code", "currency", "duration", "offers", "url", "email"];

/// Looks at a brand's reasons and offers, whatever fields they have.
pub(super) fn check(brand: &Table<'_>) {
    for (field, kind) in [("reason", Text::Question), ("offer", Text::Offer)] {
        if let Some(value) = brand.raw(field) {
            texts(brand, field, kind, value);
        }
    }
}

fn texts(brand: &Table<'_>, field: &str, kind: Text<'_>, value: &Spanned<DeValue<'_>>) {
    match value.get_ref() {
        DeValue::String(text) => {
            let kind = if (kind, field) == (Text::Question, "label") { Text::Label } else { kind };
            for finding in lint::findings(text, kind) {
                brand.suspect(value.span(), finding);
            }
        }
        DeValue::Array(list) => list.iter().for_each(|value| texts(brand, field, kind, value)),
        DeValue::Table(table) => {
            for (key, value) in table {
                if !NOT_SHOWN.contains(&key.get_ref().as_ref()) {
                    texts(brand, key.get_ref(), kind, value);
                }
            }
        }
        _ => {}
    }
}
