//! Text as it is compared: without case, accents, apostrophes and punctuation.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A folded text that knows where each of its parts came from.
#[derive(Debug)]
pub struct Folded<'t> {
    original: &'t str,
    /// Words in small letters, one space between them.
    pub text: String,
    /// For each byte of the text, where its character is in the original.
    from: Vec<Range<usize>>,
}

impl<'t> Folded<'t> {
    /// Folds a text.
    #[must_use]
    pub fn of(original: &'t str) -> Self {
        let mut folded = Self { original, text: String::new(), from: Vec::new() };
        for (at, c) in original.char_indices() {
            let place = at..at + c.len_utf8();
            if is_dropped(c) {
                continue;
            }
            for part in letters(c) {
                let part = if part.is_alphanumeric() { part } else { ' ' };
                if part == ' ' && (folded.text.is_empty() || folded.text.ends_with(' ')) {
                    continue;
                }
                folded.text.push(part);
                folded.from.resize(folded.text.len(), place.clone());
            }
        }
        folded.text.truncate(folded.text.trim_end().len());
        folded
    }

    /// What a part of the folded text was in the original, on one line.
    #[must_use]
    pub fn original(&self, part: Range<usize>) -> String {
        let start = self.from.get(part.start).map_or(0, |from| from.start);
        let end = part.end.checked_sub(1).and_then(|last| self.from.get(last)).map_or(start, |from| from.end);
        let written = self.original.get(start..end).unwrap_or_default();
        written.split(|c: char| c.is_control() || c.is_whitespace()).collect::<Vec<_>>().join(" ")
    }
}

/// Folds the letters of a regular expression and leaves everything else of it, so that it can be written as people write.
#[must_use]
pub fn pattern(written: &str) -> String {
    written.chars().filter(|c| !is_dropped(*c)).flat_map(letters).collect()
}

/// Apostrophes, and marks that cannot be seen.
fn is_dropped(c: char) -> bool {
    matches!(
        c,
        '\'' | '’' | '‘' | 'ʼ' | '＇' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | 'ـ'
    )
}

/// A character as small letters without accents: none for an accent that stands alone.
fn letters(c: char) -> impl Iterator<Item = char> {
    let plain: String = match c {
        'ß' | 'ẞ' => "ss".into(),
        'ø' | 'Ø' => "o".into(),
        'ł' | 'Ł' => "l".into(),
        c if c.is_ascii() => c.to_ascii_lowercase().into(),
        c => std::iter::once(c)
            .nfkd()
            .filter(|part| !is_combining_mark(*part))
            .flat_map(char::to_lowercase)
            .collect(),
    };
    plain.chars().collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_accents_apostrophes_and_punctuation_make_no_difference() {
        let same = [
            ("No, thanks — I DON’T like saving!", "no thanks i dont like saving"),
            ("Dernière   chance…", "derniere chance"),
            ("l'offre expire aujourd’hui", "loffre expire aujourdhui"),
            ("Nur für KURZE Zeit, Größe", "nur fur kurze zeit grosse"),
            ("last\u{200b} chance", "last chance"),
            ("ｌａｓｔ chance", "last chance"),
            ("آخِر فُرْصَة", "اخر فرصة"),
            ("  ", ""),
        ];
        for (written, folded) in same {
            assert_eq!(Folded::of(written).text, folded);
        }
    }

    #[test]
    fn what_was_found_is_told_as_it_was_written() {
        let folded = Folded::of("Vite : « Dernière\nchance » !");
        let found = folded.text.find("derniere chance").expect("the phrase");
        assert_eq!(folded.original(found..found + "derniere chance".len()), "Dernière chance");
    }

    #[test]
    fn a_pattern_keeps_its_signs() {
        assert_eq!(pattern(r"(dernière|l'ultime) chance\b.{0,9}"), r"(derniere|lultime) chance\b.{0,9}");
    }

    proptest! {
        #[test]
        fn any_text_can_be_folded_and_told(text in any::<String>(), cut in 0.0..1.0f64) {
            let folded = Folded::of(&text);
            let length = folded.text.len();
            let at = (0..=length).map(|n| (n as f64 * cut) as usize).next_back().unwrap_or(0);
            prop_assert!(folded.text.chars().all(|c| c == ' ' || c.is_alphanumeric()));
            prop_assert!(!folded.text.contains("  "));
            let told = folded.original(at..length);
            prop_assert!(!told.contains(char::is_control));
        }
    }
}
