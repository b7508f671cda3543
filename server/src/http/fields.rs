use serde_json::{Map, Value};

use super::ApiError;
use crate::session::Environment;

/// The members of an object of a request, read one by one. Every mistake is remembered with the member's path.
#[derive(Debug)]
pub struct Fields<'v> {
    path: &'static str,
    members: &'v Map<String, Value>,
    known: Vec<&'static str>,
    mistakes: Vec<String>,
}

impl<'v> Fields<'v> {
    /// Reads the members of the object that has this name in a body.
    ///
    /// # Errors
    /// 400 when it is not there, or not an object.
    pub fn of(body: &'v Map<String, Value>, name: &'static str) -> Result<Self, ApiError> {
        match body.get(name) {
            Some(Value::Object(members)) => {
                Ok(Self { path: name, members, known: Vec::new(), mistakes: Vec::new() })
            }
            _ => Err(ApiError::bad_request(format!(
                "`{name}` is missing: the body has to be `{{\"{name}\": {{\"customer_id\": \"…\"}}}}`."
            ))),
        }
    }

    /// Notes a mistake in a member.
    pub fn wrong(&mut self, name: &str, message: impl std::fmt::Display) {
        self.mistakes.push(format!("`{}.{name}`: {message}", self.path));
    }

    /// A member that is there and not null.
    pub fn value(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A text of at most 255 characters that is not empty.
    pub fn text(&mut self, name: &'static str) -> Option<&'v str> {
        self.text_up_to(name, 255)
    }

    /// A text that is not empty, with a limit in characters.
    pub fn text_up_to(&mut self, name: &'static str, most: usize) -> Option<&'v str> {
        match self.value(name)? {
            Value::String(text) if text.trim().is_empty() => {
                self.wrong(name, "is empty; send a text, or leave it out.");
            }
            Value::String(text) if text.chars().count() > most => {
                self.wrong(name, format!("is longer than {most} characters."));
            }
            Value::String(text) => return Some(text.trim()),
            _ => self.wrong(name, "has to be a text."),
        }
        None
    }

    /// True or false.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.value(name)?;
        if value.as_bool().is_none() {
            self.wrong(name, "has to be true or false.");
        }
        value.as_bool()
    }

    /// Whether what is made counts: `environment`.
    pub fn environment(&mut self) -> Option<Environment> {
        self.checked("environment", |text| {
            Environment::named(text).ok_or_else(|| format!("\"{text}\" is neither \"prod\" nor \"sandbox\"."))
        })
    }

    /// A text that has to pass a check.
    pub fn checked<T>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text_up_to(name, 2048)?;
        check(text).map_err(|message| self.wrong(name, message)).ok()
    }

    /// A flat object: texts, numbers, true, false and null.
    pub fn flat(&mut self, name: &'static str) -> Map<String, Value> {
        match self.value(name) {
            None => Map::new(),
            Some(Value::Object(members)) => {
                let nested = members.iter().find(|(_, value)| value.is_object() || value.is_array());
                if let Some((key, _)) = nested {
                    self.wrong(
                        name,
                        format!("`{key}` is nested; only texts, numbers, true, false and null can be kept."),
                    );
                }
                // Sealed into the session id, which travels in a header.
                if members.len() > 50 || serde_json::to_string(members).map_or(0, |text| text.len()) > 2048 {
                    self.wrong(name, "is too large: at most 50 members, and 2 KiB of JSON.");
                }
                members.clone()
            }
            Some(_) => {
                self.wrong(name, "has to be an object.");
                Map::new()
            }
        }
    }

    /// Ends reading. Members of a name that is nearly a known one are mistakes; others are left alone, so that what was
    /// written for other services keeps working.
    ///
    /// # Errors
    /// 400 with every mistake.
    pub fn finish(mut self) -> Result<(), ApiError> {
        let strangers: Vec<_> =
            self.members.keys().filter(|name| !self.known.contains(&name.as_str())).cloned().collect();
        for name in strangers {
            let near = |known: &&&str| strsim::damerau_levenshtein(known, &name) <= 2;
            if let Some(known) = self.known.iter().find(near) {
                let message = format!("is not a field; did you mean `{known}`?");
                self.wrong(&name, message);
            }
        }
        if self.mistakes.is_empty() { Ok(()) } else { Err(ApiError::bad_request(self.mistakes.join(" "))) }
    }
}
