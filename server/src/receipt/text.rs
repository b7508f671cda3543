//! A receipt as plain text: for mails, for downloads.

use super::{Body, Issued};
use crate::locale::Pack;

/// How long a line of text may get, in characters, before it goes on in the next one.
const WIDTH: usize = 76;

impl Body {
    /// The receipt as text, for somebody to read.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for part in [&self.brand, &self.title] {
            text.push_str(part);
            text.push('\n');
        }
        text.push('\n');
        paragraph(&mut text, &self.text, "");
        text.push('\n');
        for line in &self.lines {
            paragraph(&mut text, &format!("{}: {}", line.label, line.text), "  ");
        }
        text.push('\n');
        paragraph(&mut text, &self.note, "");
        text
    }
}

impl Body {
    /// A text about this receipt, for somebody to read: what is said of it, and by which lines it can be recognised.
    #[must_use]
    pub fn note_text(&self, title: &str, said: &str) -> String {
        let mut text = format!("{}\n{title}\n\n", self.brand);
        paragraph(&mut text, said, "");
        text.push('\n');
        for line in &self.lines {
            paragraph(&mut text, &format!("{}: {}", line.label, line.text), "  ");
        }
        text
    }
}

impl Issued {
    /// The receipt as text, with the signature that proves it at the end.
    #[must_use]
    pub fn to_text(&self) -> String {
        let pack = Pack::of(&self.body.lang);
        let mut text = self.body.to_text();
        text.push_str("\n-- \n");
        paragraph(&mut text, pack.page("receipt_proof"), "");
        text.push_str(&format!("{}/.well-known/jwks.json\n\n{}\n", self.body.iss, self.jws));
        text
    }
}

/// Writes a text in lines of a width that is read well, all but the first indented. What has no spaces is left whole.
fn paragraph(to: &mut String, text: &str, indent: &str) {
    let mut width = 0;
    for word in text.split(' ') {
        let long = word.chars().count();
        if width > 0 && width + 1 + long > WIDTH {
            to.push('\n');
            to.push_str(indent);
            width = indent.len();
        } else if width > 0 {
            to.push(' ');
            width += 1;
        }
        to.push_str(word);
        width += long;
    }
    to.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_go_on_in_the_next_line_and_lose_nothing() {
        let long = format!("{} {}", "word ".repeat(30).trim(), "x".repeat(100));
        let mut text = String::new();
        paragraph(&mut text, &long, "  ");
        assert!(text.lines().count() > 2 && text.lines().skip(1).all(|line| line.starts_with("  ")));
        assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), long);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH || line.contains("xxx")));
    }
}
