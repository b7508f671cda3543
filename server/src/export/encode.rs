use std::marker::PhantomData;

use serde_json::{Value, json};

use super::Row;
use crate::store::Error;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180) under a header, in UTF-8. Safe to open in a spreadsheet: a cell that would be a formula
    /// has a `'` before it.
    Csv,
    /// A JSON object in each line.
    Ndjson,
}

/// Writes rows, a page at a time: what it gives, one after the other, is the whole export.
#[derive(Debug)]
pub struct Encoder<R> {
    format: Format,
    columns: Vec<&'static str>,
    begun: bool,
    of: PhantomData<fn(R)>,
}

impl<R: Row> Encoder<R> {
    /// An encoder of rows with or without what customers have written.
    #[must_use]
    pub fn new(format: Format, with_text: bool) -> Self {
        let texts = R::TEXT_COLUMNS.iter().filter(|_| with_text);
        let columns = R::COLUMNS.iter().chain(texts).copied().collect();
        Self { format, columns, begun: false, of: PhantomData }
    }

    /// Writes a page. The first one has the header before it, also when there are no rows in it.
    ///
    /// # Errors
    /// A row cannot be written as JSON.
    pub fn page(&mut self, rows: &[R]) -> Result<Vec<u8>, Error> {
        match self.format {
            Format::Csv => self.csv(rows).map_err(|error| Error::Malformed(error.to_string())),
            Format::Ndjson => ndjson(rows).map_err(|error| Error::Malformed(error.to_string())),
        }
    }

    fn csv(&mut self, rows: &[R]) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if !self.begun {
            writer.write_record(&self.columns)?;
            self.begun = true;
        }
        for row in rows {
            let row = json!(row);
            writer.write_record(self.columns.iter().map(|column| cell(&row[*column])))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

fn ndjson(rows: &[impl Row]) -> Result<Vec<u8>, serde_json::Error> {
    let mut written = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut written, row)?;
        written.push(b'\n');
    }
    Ok(written)
}

/// A value as a cell. What is not there is empty; a list has spaces between its members.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => defused(text),
        Value::Array(members) => {
            defused(&members.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        Value::Object(members) if members.is_empty() => String::new(),
        other => other.to_string(),
    }
}

/// A text that no spreadsheet takes for a formula (OWASP, CSV injection), no terminal for commands, and no reader for the file's end.
/// Customers can send any character.
fn defused(text: &str) -> String {
    let harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let text: String = text.chars().map(|c| if harmful(c) { ' ' } else { c }).collect();
    // Spaces before it help nobody: some programs trim them first.
    let formula = text
        .trim_start_matches(' ')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::SessionRow;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "＝1"] {
            assert_eq!(defused(text), format!("'{text}"));
        }
        for text in ["", "a=b", "cus_1", "2026-11-21T12:00:00.000Z", "'quoted'", "a-b"] {
            assert_eq!(defused(text), text);
        }
        assert_eq!(cell(&json!(["-half", "rest"])), "'-half rest");
        assert_eq!(defused("a\u{1b}[31m\0\u{9b}b\r\n\tc"), "a [31m  b\r\n\tc", "no commands to a terminal");
        assert_eq!(defused("\u{1}=1"), "' =1");
        assert_eq!(cell(&json!({ "team": "=1" })), "{\"team\":\"=1\"}", "begins with a brace");
        assert_eq!(
            (cell(&json!(-5)), cell(&json!({}))),
            ("-5".into(), String::new()),
            "a number is no formula"
        );
    }

    #[test]
    fn an_export_of_nothing_is_a_header() {
        let mut csv = Encoder::<SessionRow>::new(Format::Csv, true);
        let written = String::from_utf8(csv.page(&[]).unwrap()).unwrap();
        assert!(
            written.starts_with("session,run,brand,") && written.ends_with(",follow_up,feedback,cause\n")
        );
        assert_eq!(csv.page(&[]).unwrap(), b"");
        assert_eq!(Encoder::<SessionRow>::new(Format::Ndjson, true).page(&[]).unwrap(), b"");
    }
}
