//! What a declaration says, line by line: on its pages, in its mail, in its text.

use flow::Instant;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Declaration, Kind};
use crate::brand::Brand;
use crate::clock;
use crate::format::Format;
use crate::locale::Pack;

/// A line: what it is, and what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// How values of a declaration are written: in its language, in the brand's zone.
pub(super) fn format(declaration: &Declaration, brand: &Brand) -> Format {
    Format::new(&declaration.locale, &brand.time_zone)
}

/// What was declared and when. Says nothing of what became of it, so it is the same for everybody and never changes.
pub(super) fn lines(declaration: &Declaration, brand: &Brand) -> Vec<Line> {
    let words = Pack::of(&declaration.locale);
    let format = format(declaration, brand);
    let content = &declaration.content;
    let what = match declaration.kind {
        Kind::Withdraw => "declaration_withdrawal",
        Kind::Cancel if content.extraordinary => "declaration_extraordinary",
        Kind::Cancel => "declaration_ordinary",
    };
    let mut lines = Vec::new();
    let mut add = |label, value: &str| lines.push(Line { label: words.page(label), value: value.into() });
    add("declaration_reference", &declaration.reference);
    add("declaration_received", &format.moment(&Instant(declaration.received_at.clone())));
    add("declaration_to", &brand.name);
    add("declaration_what", words.page(what));
    if let Some(cause) = &content.cause {
        add("declaration_cause", cause);
    }
    add("declaration_name", &content.name);
    add("declaration_contract", &content.contract);
    if declaration.kind == Kind::Cancel {
        let end = match content.wished_end {
            Some(day) => self::day(day, brand, &format),
            None if content.extraordinary => words.page("declaration_at_once").into(),
            None => words.page("declaration_earliest").into(),
        };
        add("declaration_wished_end", &end);
    }
    add("declaration_email", &content.email);
    lines
}

/// A day of the brand's calendar, as it is written.
fn day(day: Date, brand: &Brand, format: &Format) -> String {
    let zone = TimeZone::get(&brand.time_zone).unwrap_or(TimeZone::UTC);
    let noon = day.at(12, 0, 0, 0).to_zoned(zone);
    noon.map_or_else(|_| day.to_string(), |noon| format.date(&clock::instant(noon.timestamp())))
}

/// The lines as text. Every line of what was typed is set in, so that it cannot be taken for anything else.
pub(super) fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    for Line { label, value } in lines {
        text.push_str("  ");
        text.push_str(label);
        text.push_str(":\n");
        for line in value.lines() {
            text.push_str("    ");
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Puts values into the `{…}` of a text. Values are never looked into.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let found = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        match found {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once_and_not_looked_into() {
        let values = [("brand", "{email}"), ("email", "a@b.de")];
        assert_eq!(fill("{brand} writes to {email}.", &values), "{email} writes to a@b.de.");
        assert_eq!(fill("{unknown} { {brand", &values), "{unknown} { {brand");
    }
}
