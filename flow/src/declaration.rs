/// What a customer may say when leaving is a declaration. What is known is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Declaration {
    /// The customer's name, as billing has it.
    pub name: Option<String>,
    /// Where the customer gets the confirmation.
    pub email: Option<String>,
    /// Whether it ends a contract, so that kind and date can be said. A withdrawal has neither.
    pub ends: bool,
}

/// What a customer has declared. Nothing in it is required.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Declared {
    /// For cause, and so at once, instead of the ordinary way.
    pub extraordinary: bool,
    /// The cause, in the customer's words.
    pub cause: Option<String>,
    /// The day it is to end, as `2026-12-31`. None: as early as possible.
    pub until: Option<String>,
    /// Where the confirmation is to go.
    pub email: Option<String>,
}

/// What decides between the ordinary way and for cause, as forms have it.
pub(crate) const EXTRAORDINARY: &str = "extraordinary";

/// What decides between the earliest day and one that is named, as forms have it.
pub(crate) const ON_DATE: &str = "date";

impl Declared {
    /// Reads what a form brought. What is not understood is left out: nothing here keeps anybody from leaving.
    pub(crate) fn from_form(written: impl Fn(&str) -> Option<String>) -> Self {
        let says = |name: &str, word: &str| written(name).is_some_and(|text| text == word);
        let extraordinary = says("kind", EXTRAORDINARY);
        Self {
            extraordinary,
            cause: written("cause").filter(|_| extraordinary).map(cut),
            until: written("until").filter(|day| !extraordinary && says("when", ON_DATE) && is_day(day)),
            email: written("email").map(cut),
        }
    }

    pub(crate) fn write(&self, fields: &mut Vec<(String, String)>) {
        let mut add = |name: &str, value: &str| fields.push((name.into(), value.into()));
        if self.extraordinary {
            add("kind", EXTRAORDINARY);
        }
        if let Some(cause) = &self.cause {
            add("cause", cause);
        }
        if let Some(day) = &self.until {
            add("when", ON_DATE);
            add("until", day);
        }
        if let Some(email) = &self.email {
            add("email", email);
        }
    }
}

/// A text of at most [`MAX_TEXT`](crate::MAX_TEXT) bytes: what is longer came from no form of ours.
fn cut(mut text: String) -> String {
    let mut end = text.len().min(crate::MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Whether a text has the form of a day. Whether there is such a day is the server's to know.
fn is_day(text: &str) -> bool {
    let form = |(index, byte): (usize, u8)| {
        if index == 4 || index == 7 { byte == b'-' } else { byte.is_ascii_digit() }
    };
    text.len() == 10 && text.bytes().enumerate().all(form)
}
