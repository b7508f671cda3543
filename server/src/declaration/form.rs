//! The form of a public page: what was typed, and what is wrong with it.

use email_address::{EmailAddress, Options};
use jiff::ToSpan;
use jiff::civil::Date;

use super::{Content, Kind};

/// How long one line may be, in characters.
pub const LONGEST_LINE: usize = 200;
/// How long a cause may be, in characters.
pub(super) const LONGEST_CAUSE: usize = 2000;
/// How long an e-mail address may be, in characters (RFC 5321).
pub const LONGEST_EMAIL: usize = 254;
/// How far away a wished end may be, in years.
const FARTHEST: i32 = 10;

/// A field that may have a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Cause,
    Name,
    Contract,
    End,
    Email,
}

impl Field {
    /// The field's name in the form and in the names of words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Name => "name",
            Self::Contract => "contract",
            Self::End => "end",
            Self::Email => "email",
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) field: Field,
    /// The name of the sentence that says it.
    pub(super) sentence: &'static str,
}

/// What was typed, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// The form's own token: the same form sent twice is one declaration.
    pub(super) form: String,
    pub(super) extraordinary: bool,
    pub(super) cause: String,
    pub(super) name: String,
    pub(super) contract: String,
    pub(super) end: String,
    pub(super) email: String,
}

impl Typed {
    /// Reads a body. The first field of a name counts; unknown ones are passed over.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut typed = Self::default();
        let mut seen = [false; 7];
        for (name, value) in url::form_urlencoded::parse(body) {
            let (at, place) = match name.as_ref() {
                "form" => (0, &mut typed.form),
                "cause" => (1, &mut typed.cause),
                "name" => (2, &mut typed.name),
                "contract" => (3, &mut typed.contract),
                "end" => (4, &mut typed.end),
                "email" => (5, &mut typed.email),
                "kind" => {
                    if !std::mem::replace(&mut seen[6], true) {
                        typed.extraordinary = value == "extraordinary";
                    }
                    continue;
                }
                _ => continue,
            };
            if !std::mem::replace(&mut seen[at], true) {
                *place = value.trim().replace("\r\n", "\n");
            }
        }
        typed
    }

    /// What it declares.
    ///
    /// # Errors
    /// Every mistake, in the order of the page.
    pub(super) fn check(&self, kind: Kind, today: Date) -> Result<Content, Vec<Mistake>> {
        let cancels = kind == Kind::Cancel;
        let extraordinary = cancels && self.extraordinary;
        let mut mistakes = Vec::new();
        let mut note = |field, sentence: Option<&'static str>| {
            mistakes.extend(sentence.map(|sentence| Mistake { field, sentence }));
        };
        if extraordinary {
            note(Field::Cause, wrong_text(&self.cause, LONGEST_CAUSE, true, "declaration_cause_missing"));
        }
        note(Field::Name, wrong_text(&self.name, LONGEST_LINE, false, "declaration_name_missing"));
        note(
            Field::Contract,
            wrong_text(&self.contract, LONGEST_LINE, false, "declaration_contract_missing"),
        );
        let wished_end = match day(&self.end, today) {
            Ok(day) => day.filter(|_| cancels),
            Err(sentence) => {
                note(Field::End, cancels.then_some(sentence));
                None
            }
        };
        note(Field::Email, wrong_email(&self.email));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Content {
            name: self.name.clone(),
            contract: self.contract.clone(),
            extraordinary,
            cause: extraordinary.then(|| self.cause.clone()),
            wished_end,
            email: self.email.clone(),
        })
    }
}

/// The sentence about a text, if something is wrong with it.
fn wrong_text(text: &str, most: usize, lines: bool, missing: &'static str) -> Option<&'static str> {
    if text.is_empty() {
        return Some(missing);
    }
    if text.chars().any(|c| is_unprintable(c) && !(lines && matches!(c, '\n' | '\t'))) {
        return Some("declaration_unprintable");
    }
    (text.chars().count() > most).then_some("declaration_too_long")
}

fn wrong_email(text: &str) -> Option<&'static str> {
    let wrong = wrong_text(text, LONGEST_EMAIL, false, "declaration_email_missing");
    let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
    wrong.or_else(|| {
        let fits = EmailAddress::parse_with_options(text, options).is_ok() && !text.contains(['"', ' ']);
        (!fits).then_some("declaration_email_malformed")
    })
}

/// Whether a character is one that no person types: controls, marks that turn the direction of what follows, and what stands
/// for bytes that were no text.
pub(super) fn is_unprintable(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffd}')
}

/// Reads a day as date fields send it, and as Germans write it where there are none. None for an empty text.
fn day(text: &str, today: Date) -> Result<Option<Date>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let malformed = "declaration_end_malformed";
    if text.len() > 10 {
        return Err(malformed);
    }
    let read = Date::strptime("%Y-%m-%d", text).or_else(|_| Date::strptime("%d.%m.%Y", text));
    let day = read.map_err(|_| malformed)?;
    if day < today {
        return Err("declaration_end_past");
    }
    if day > today.saturating_add(FARTHEST.years()) {
        return Err("declaration_end_far");
    }
    Ok(Some(day))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 21);

    fn body(fields: &[(&str, &str)]) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    }

    /// A good form with one field changed.
    fn with(name: &'static str, value: &str) -> Result<Content, Vec<Mistake>> {
        let mut fields = vec![
            ("kind", "extraordinary"),
            ("cause", "The price was doubled.\r\nTwice."),
            ("name", "Ada Lovelace"),
            ("contract", "Pro"),
            ("end", "2026-12-31"),
            ("email", "ada@example.com"),
        ];
        fields.insert(0, (name, value));
        Typed::read(body(&fields).as_bytes()).check(Kind::Cancel, TODAY)
    }

    #[track_caller]
    fn wrong(name: &'static str, value: &str, says: &str) {
        let mistakes = with(name, value).expect_err(value);
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert_eq!((mistakes[0].field.name(), mistakes[0].sentence), (name, says), "{value:?}");
    }

    #[test]
    fn a_good_form_is_read_whole() {
        let content = with("nothing", "").unwrap();
        assert_eq!(content.cause.as_deref(), Some("The price was doubled.\nTwice."));
        assert_eq!(content.wished_end, Some(date(2026, 12, 31)));
        assert_eq!((content.name.as_str(), content.contract.as_str()), ("Ada Lovelace", "Pro"));
    }

    #[test]
    fn a_cause_is_asked_for_and_kept_only_where_the_cancellation_is_extraordinary() {
        wrong("cause", " ", "declaration_cause_missing");
        assert_eq!(with("kind", "ordinary").unwrap().cause, None);
    }

    #[test]
    fn a_withdrawal_has_neither_cause_nor_end() {
        let typed = Typed::read(
            body(&[
                ("kind", "extraordinary"),
                ("cause", "x"),
                ("end", "soon"),
                ("name", "A"),
                ("contract", "B"),
                ("email", "a@b.de"),
            ])
            .as_bytes(),
        );
        let content = typed.check(Kind::Withdraw, TODAY).unwrap();
        assert_eq!((content.extraordinary, content.cause, content.wished_end), (false, None, None));
    }

    #[test]
    fn an_empty_form_has_every_mistake_in_the_order_of_the_page() {
        let mistakes = Typed::read(b"kind=extraordinary").check(Kind::Cancel, TODAY).unwrap_err();
        let fields: Vec<_> = mistakes.iter().map(|mistake| mistake.field.name()).collect();
        assert_eq!(fields, ["cause", "name", "contract", "email"]);
    }

    #[test]
    fn what_nobody_types_is_refused() {
        for hidden in
            ["a\u{0}b", "a\nb", "a\u{1b}[31mb", "a\u{202e}b", "a\u{85}b", "a\u{2028}b", "a\u{fffd}b"]
        {
            wrong("name", hidden, "declaration_unprintable");
            wrong("contract", hidden, "declaration_unprintable");
        }
        wrong("email", "a\r\nBcc: b@example.com", "declaration_unprintable");
        wrong("cause", "a\u{7}", "declaration_unprintable");
        assert!(with("name", "Żółć 李小龍 \u{627}\u{644} O\u{2019}Neill-José 👩\u{200d}🚀").is_ok());
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(with("name", &"ü".repeat(200)).is_ok());
        wrong("name", &"ü".repeat(201), "declaration_too_long");
        wrong("cause", &"ü".repeat(2001), "declaration_too_long");
        wrong("email", &format!("{}@example.com", "a".repeat(250)), "declaration_too_long");
    }

    #[test]
    fn an_address_is_one_that_mail_can_be_sent_to() {
        for right in ["a@b.de", "ada+tag@sub.example.com", "jürgen@example.de"] {
            assert!(with("email", right).is_ok(), "{right}");
        }
        for not in ["a", "a@b", "a@[127.0.0.1]", "Ada <a@b.de>", "\"a b\"@c.de", "a@b.de,c@d.de", "a b@c.de"]
        {
            wrong("email", not, "declaration_email_malformed");
        }
    }

    #[test]
    fn a_day_is_today_or_later_within_reason() {
        for (text, day) in
            [("2026-11-21", TODAY), ("31.12.2026", date(2026, 12, 31)), ("1.2.2027", date(2027, 2, 1))]
        {
            assert_eq!(with("end", text).unwrap().wished_end, Some(day), "{text}");
        }
        assert_eq!(with("end", "").unwrap().wished_end, None);
        wrong("end", "2026-11-20", "declaration_end_past");
        wrong("end", "2037-01-01", "declaration_end_far");
        for not in ["soon", "2027-02-30", "2026-12-31T00:00", "99999-01-01", "31.12.26", "--"] {
            let mistakes = with("end", not).unwrap_err();
            assert_eq!(mistakes[0].field, Field::End, "{not}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body: Vec<u8>, end in "[0-9.\\-]{0,12}") {
            let typed = Typed::read(&body);
            let _ = typed.check(Kind::Cancel, TODAY);
            let _ = day(&end, TODAY);
        }
    }
}
