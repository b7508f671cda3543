use serde_json::{Map, Number, Value};

use super::ApiError;
use crate::session::Environment;

/// The members of an object of a request, read one by one. Every mistake is remembered with the member's path.
///
/// A member that is asked for as `userId` is also found as `user_id`.
#[derive(Debug)]
pub struct Fields<'v> {
    /// What stands before a member's name: nothing, or a path that ends in a dot.
    path: String,
    members: &'v Map<String, Value>,
    known: Vec<&'static str>,
    mistakes: Vec<String>,
    /// Paths of members that nobody asked for, of objects within this one.
    strangers: Vec<String>,
}

/// How many members a flat object may have, whatever its size.
pub const MOST_MEMBERS: usize = 50;
/// How long a line may be where nothing else is said, in characters.
pub const LONGEST_LINE: usize = 255;
/// How long a text may be that has to pass a check, in characters.
const LONGEST_CHECKED: usize = 2048;

impl<'v> Fields<'v> {
    /// Reads the members of a body.
    #[must_use]
    pub fn root(body: &'v Map<String, Value>) -> Self {
        Self::at(String::new(), body)
    }

    fn at(path: String, members: &'v Map<String, Value>) -> Self {
        Self { path, members, known: Vec::new(), mistakes: Vec::new(), strangers: Vec::new() }
    }

    /// Reads the members of the object that has this name in a body.
    ///
    /// # Errors
    /// 400 when it is not there, or not an object.
    pub fn of(body: &'v Map<String, Value>, name: &'static str) -> Result<Self, ApiError> {
        match body.get(name) {
            Some(Value::Object(members)) => Ok(Self::at(format!("{name}."), members)),
            _ => Err(ApiError::bad_request(format!(
                "`{name}` is missing: the body has to be `{{\"{name}\": {{\"customer_id\": \"…\"}}}}`."
            ))),
        }
    }

    /// Reads the members of an object within this one, if it is there.
    pub fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'v>) -> T) -> Option<T> {
        match self.value(name)? {
            Value::Object(members) => {
                let mut inner = Fields::at(format!("{}{name}.", self.path), members);
                let value = read(&mut inner);
                self.strangers.extend(inner.strange());
                self.mistakes.append(&mut inner.mistakes);
                Some(value)
            }
            _ => {
                self.wrong(name, "has to be an object.");
                None
            }
        }
    }

    /// Notes a mistake in a member.
    pub fn wrong(&mut self, name: &str, message: impl std::fmt::Display) {
        self.mistakes.push(format!("`{}{name}`: {message}", self.path));
    }

    /// Notes that a member has to be there, unless something is said of it already.
    pub fn missing(&mut self, name: &str, example: &str) {
        let said = format!("`{}{name}`: ", self.path);
        if !self.mistakes.iter().any(|mistake| mistake.starts_with(&said)) {
            self.wrong(name, format!("is missing; send it, such as {example}."));
        }
    }

    /// A member that is there and not null.
    pub fn value(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        // Null is as good as nothing: it does not hide the other spelling.
        let there = |name: &str| self.members.get(name).filter(|value| !value.is_null());
        there(name).or_else(|| there(&snake_case(name)))
    }

    /// A line of at most 255 characters that is not empty.
    pub fn text(&mut self, name: &'static str) -> Option<&'v str> {
        self.text_up_to(name, LONGEST_LINE)
    }

    /// A line that is not empty, with a limit in characters.
    pub fn text_up_to(&mut self, name: &'static str, most: usize) -> Option<&'v str> {
        self.written(name, most, char::is_control)
    }

    /// A text that is not empty and may have several lines, with a limit in characters.
    pub fn prose(&mut self, name: &'static str, most: usize) -> Option<&'v str> {
        self.written(name, most, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    }

    fn written(
        &mut self,
        name: &'static str,
        most: usize,
        forbidden: impl Fn(char) -> bool,
    ) -> Option<&'v str> {
        match self.value(name)? {
            Value::String(text) if text.trim().is_empty() => {
                self.wrong(name, "is empty; send a text, or leave it out.");
            }
            Value::String(text) if text.chars().count() > most => {
                self.wrong(name, format!("is longer than {most} characters."));
            }
            Value::String(text) if text.trim().contains(forbidden) => {
                self.wrong(name, "holds a control character; send plain text.");
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

    /// A number within bounds, as it was written.
    pub fn number(&mut self, name: &'static str, most: f64) -> Option<&'v Number> {
        match self.value(name)? {
            Value::Number(number) if number.as_f64().is_some_and(|n| (0.0..=most).contains(&n)) => {
                return Some(number);
            }
            Value::Number(_) => self.wrong(name, format!("has to be from 0 to {most}.")),
            _ => self.wrong(name, "has to be a number."),
        }
        None
    }

    /// A whole number from 0 on.
    pub fn integer(&mut self, name: &'static str, most: u64) -> Option<u64> {
        let found = whole_number(self.value(name)?).filter(|n| *n <= most);
        if found.is_none() {
            self.wrong(name, format!("has to be a whole number from 0 to {most}."));
        }
        found
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
        let text = self.text_up_to(name, LONGEST_CHECKED)?;
        check(text).map_err(|message| self.wrong(name, message)).ok()
    }

    /// A flat object of at most 50 members: texts, numbers, true, false and null. The limit is in bytes of JSON.
    pub fn flat(&mut self, name: &'static str, most: usize) -> Map<String, Value> {
        match self.value(name) {
            None => Map::new(),
            Some(Value::Object(members)) => {
                let mut wrong = |message: String| self.wrong(name, message);
                // Of more than that it is said that they are too many, and not what is wrong with each.
                for (key, value) in members.iter().take(MOST_MEMBERS) {
                    let key: String = key.chars().filter(|c| !c.is_control()).take(64).collect();
                    if value.is_object() || value.is_array() {
                        wrong(format!(
                            "`{key}` is nested; only texts, numbers, true, false and null can be kept."
                        ));
                    } else if value.as_str().is_some_and(|text| text.contains(char::is_control)) {
                        wrong(format!("`{key}` holds a control character; send plain text."));
                    }
                }
                if members.keys().any(|key| key.trim().is_empty() || key.contains(char::is_control)) {
                    wrong("has a member without a plain name.".into());
                }
                let size = serde_json::to_string(members).map_or(0, |text| text.len());
                if members.len() > MOST_MEMBERS || size > most {
                    let kib = most / 1024;
                    wrong(format!("is too large: at most {MOST_MEMBERS} members, and {kib} KiB of JSON."));
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
        for name in self.unknown() {
            if let Some(known) = self.nearest(&name) {
                let message = format!("is not a field; did you mean `{known}`?");
                self.wrong(&name, message);
            }
        }
        self.checked_so_far()
    }

    /// Ends reading. Gives a sentence for each member that nobody asked for.
    ///
    /// # Errors
    /// 400 with every mistake.
    pub fn finish_ignoring(self) -> Result<Vec<String>, ApiError> {
        let mut strangers = self.strange();
        strangers.extend(self.strangers.iter().cloned());
        self.checked_so_far()?;
        Ok(strangers)
    }

    /// Ends reading where nothing may be there that was not asked for.
    ///
    /// # Errors
    /// 400 with every mistake.
    pub fn finish_strictly(mut self) -> Result<(), ApiError> {
        self.mistakes.extend(self.strange());
        let mut strangers = std::mem::take(&mut self.strangers);
        self.mistakes.append(&mut strangers);
        self.checked_so_far()
    }

    fn checked_so_far(self) -> Result<(), ApiError> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(ApiError::bad_request(self.mistakes.join(" "))) }
    }

    /// A sentence for each member that nobody asked for. Names are cut to what can be shown.
    fn strange(&self) -> Vec<String> {
        let sentence = |name: String| {
            let hint = self.nearest(&name).map(|known| format!("; did you mean `{known}`?"));
            let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            format!("`{}{shown}` is not a field{}", self.path, hint.as_deref().unwrap_or("."))
        };
        self.unknown().into_iter().take(MOST_MEMBERS).map(sentence).collect()
    }

    fn unknown(&self) -> Vec<String> {
        let known = |name: &str| self.known.iter().any(|known| *known == name || snake_case(known) == name);
        self.members.keys().filter(|name| !known(name)).cloned().collect()
    }

    fn nearest(&self, name: &str) -> Option<&'static str> {
        // Longer ones are nobody's slip of the finger, and comparing them takes long.
        let near = |known: &&&str| name.len() < 64 && strsim::damerau_levenshtein(known, name) <= 2;
        self.known.iter().find(near).copied()
    }
}

/// A whole number from 0 on. JSON has one kind of number: `42.0` is a whole one too.
#[must_use]
pub fn whole_number(value: &Value) -> Option<u64> {
    let whole = |n: &f64| n.fract() == 0.0 && (0.0..=9e15).contains(n);
    value.as_u64().or_else(|| value.as_f64().filter(whole).map(|n| n as u64))
}

/// `userId` as `user_id`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
