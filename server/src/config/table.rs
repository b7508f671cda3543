use std::cell::RefCell;
use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problems;
use crate::lint;

/// One table of the file while it is read. Each field is asked for once; [`finish`](Table::finish) reports the fields
/// that nobody asked for.
pub(super) struct Table<'t> {
    /// How the table is written in the file, such as `[[brand]]`.
    name: &'static str,
    entries: &'t DeTable<'t>,
    span: Range<usize>,
    problems: &'t Problems<'t>,
    known: RefCell<Vec<&'static str>>,
}

impl<'t> Table<'t> {
    pub(super) fn new(
        name: &'static str,
        entries: &'t DeTable<'t>,
        span: Range<usize>,
        problems: &'t Problems<'t>,
    ) -> Self {
        Self { name, entries, span, problems, known: RefCell::new(Vec::new()) }
    }

    /// Notes a mistake at a value of this table.
    pub(super) fn wrong(&self, span: Range<usize>, message: impl Into<String>) {
        self.problems.add(span, message);
    }

    /// Notes a mistake of the table as a whole.
    pub(super) fn wrong_here(&self, message: impl Into<String>) {
        self.problems.add(self.span.clone(), message);
    }

    /// Notes something doubtful at a value of this table: it reads like a dark pattern, or has no effect.
    pub(super) fn suspect(&self, span: Range<usize>, message: impl Into<String>) {
        self.problems.suspect(span, message);
    }

    /// Notes something doubtful about the table as a whole.
    pub(super) fn suspect_here(&self, message: impl Into<String>) {
        self.problems.suspect(self.span.clone(), message);
    }

    /// Where the value of a field stands, right or wrong.
    pub(super) fn span(&self, field: &str) -> Option<Range<usize>> {
        self.raw(field).map(Spanned::span)
    }

    /// The value of a field as it is written. The field does not count as asked for.
    pub(super) fn raw(&self, field: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.entries.iter().find(|(key, _)| key.get_ref().as_ref() == field).map(|(_, value)| value)
    }

    /// Every text of a table whose fields are not known beforehand, with its name.
    pub(super) fn named_texts(&self) -> Vec<(Spanned<&'t str>, Spanned<&'t str>)> {
        let mut texts = Vec::new();
        for (key, value) in self.entries {
            let name = Spanned::new(key.span(), key.get_ref().as_ref());
            match value.get_ref().as_str() {
                Some(text) => texts.push((name, Spanned::new(value.span(), text))),
                None => self.wrong_type(name.get_ref(), value, "a text in quotes"),
            }
        }
        texts
    }

    /// Every table of a table whose fields are not known beforehand, with its name.
    pub(super) fn named_tables(&self, written: &'static str) -> Vec<(Spanned<&'t str>, Table<'t>)> {
        let mut tables = Vec::new();
        for (key, value) in self.entries {
            let name = Spanned::new(key.span(), key.get_ref().as_ref());
            match value.get_ref().as_table() {
                Some(table) => {
                    tables.push((name, Table::new(written, table, value.span(), self.problems)));
                }
                None => self.wrong_type(name.get_ref(), value, &format!("a table, such as `{written}`")),
            }
        }
        tables
    }

    fn wrong_type(&self, field: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let kind = value.get_ref().type_str();
        self.wrong(value.span(), format!("`{field}` is of type {kind}; write {wanted}."));
    }

    fn value(&self, field: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.known.borrow_mut().push(field);
        self.raw(field)
    }

    fn typed<T>(
        &self,
        field: &'static str,
        wanted: &str,
        read: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let value = self.value(field)?;
        match read(value.get_ref()) {
            Some(found) => Some(Spanned::new(value.span(), found)),
            None => {
                self.wrong_type(field, value, wanted);
                None
            }
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, field: &'static str) -> Option<Spanned<&'t str>> {
        let text = self.typed(field, "a text in quotes", DeValue::as_str)?;
        if text.get_ref().trim().is_empty() {
            self.wrong(text.span(), format!("`{field}` is empty; write a text, or leave the field out."));
            return None;
        }
        Some(text)
    }

    /// A text that must be there.
    pub(super) fn required(&self, field: &'static str, example: &str) -> Option<Spanned<&'t str>> {
        if !self.has(field) {
            self.wrong_here(format!(
                "{} has no `{field}`; add one, such as `{field} = {example}`.",
                self.name
            ));
        }
        self.text(field)
    }

    /// Whether the field is there, right or wrong.
    pub(super) fn has(&self, field: &str) -> bool {
        self.entries.keys().any(|key| key.get_ref().as_ref() == field)
    }

    /// A whole number.
    pub(super) fn integer(&self, field: &'static str) -> Option<Spanned<i64>> {
        self.typed(field, "a whole number without quotes", |value| {
            let integer = value.as_integer()?;
            i64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    /// A whole number within bounds.
    pub(super) fn integer_in(&self, field: &'static str, bounds: Range<i64>) -> Option<Spanned<i64>> {
        let number = self.integer(field)?;
        if bounds.contains(number.get_ref()) {
            return Some(number);
        }
        let (low, high) = (bounds.start, bounds.end - 1);
        let found = number.get_ref();
        self.wrong(
            number.span(),
            format!("`{field}` is {found}; write a whole number from {low} to {high}."),
        );
        None
    }

    /// True or false.
    pub(super) fn flag(&self, field: &'static str) -> Option<bool> {
        self.typed(field, "true or false", DeValue::as_bool).map(Spanned::into_inner)
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, field: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(field)?;
        let found = choices.iter().find(|(word, _)| word == text.get_ref());
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            let words = words.join(" or ");
            self.wrong(text.span(), format!("`{field}` is \"{}\"; write {words}.", text.get_ref()));
        }
        found.map(|(_, value)| *value)
    }

    /// A list of texts; empty when the field is missing.
    pub(super) fn texts(&self, field: &'static str) -> Vec<Spanned<&'t str>> {
        let Some(list) = self.typed(field, "a list of texts in square brackets", DeValue::as_array) else {
            return Vec::new();
        };
        let mut texts: Vec<Spanned<&'t str>> = Vec::new();
        for item in list.into_inner() {
            match item.get_ref().as_str() {
                Some(text) if texts.iter().any(|other| *other.get_ref() == text) => {
                    let message = format!("`{field}` has \"{text}\" twice; write it once.");
                    self.wrong(item.span(), message);
                }
                Some(text) => texts.push(Spanned::new(item.span(), text)),
                None => {
                    let kind = item.get_ref().type_str();
                    let message = format!("`{field}` has something of type {kind} in it; write texts only.");
                    self.wrong(item.span(), message);
                }
            }
        }
        texts
    }

    /// A table inside this one.
    pub(super) fn table(&self, field: &'static str, name: &'static str) -> Option<Table<'t>> {
        let table = self.typed(field, &format!("a table, `{name}`"), DeValue::as_table)?;
        Some(Table::new(name, table.get_ref(), table.span(), self.problems))
    }

    /// The tables of a list of tables, in the order of the file.
    pub(super) fn tables(&self, field: &'static str, name: &'static str) -> Vec<Table<'t>> {
        let Some(list) = self.typed(field, &format!("tables, each begun by `{name}`"), DeValue::as_array)
        else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in list.into_inner() {
            match item.get_ref().as_table() {
                Some(table) => tables.push(Table::new(name, table, item.span(), self.problems)),
                None => {
                    self.wrong(item.span(), format!("`{field}` has to be tables, each begun by `{name}`."))
                }
            }
        }
        tables
    }

    /// Reports the fields that were not asked for.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for key in self.entries.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            if let Some(why) = lint::of_field(name) {
                self.wrong(key.span(), format!("`{name}` is not a field of {}: it {why}", self.name));
                continue;
            }
            let near = nearest(name, &known).map_or_else(
                || format!("it has: {}.", known.join(", ")),
                |guess| format!("did you mean `{guess}`?"),
            );
            self.wrong(key.span(), format!("`{name}` is not a field of {}; {near}", self.name));
        }
    }
}

/// The word most like a misspelt one, if any is like it.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |other: &str| strsim::jaro_winkler(word, other);
    let best = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.8).then_some(*best)
}
