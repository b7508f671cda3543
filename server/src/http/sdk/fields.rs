//! The members of a body, read one by one; every mistake is said.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde_json::{Map, Value};

use super::SdkError;
use crate::http::body;

/// How long a text may be, in characters.
const LONGEST: usize = 255;
/// How long a gateway's token may be.
const LONGEST_TOKEN: usize = 2048;

/// A body, whatever it says it is.
#[derive(Debug)]
pub struct SdkBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for SdkBody {
    type Rejection = SdkError;

    async fn from_request(request: Request, state: &S) -> Result<Self, SdkError> {
        Ok(Self(body::read(request, state).await?))
    }
}

/// What is read of a body.
#[derive(Debug, Default)]
pub struct SdkFields {
    members: Map<String, Value>,
    errors: BTreeMap<String, Vec<String>>,
}

impl SdkFields {
    /// The members of a JSON object. An empty body has none.
    ///
    /// # Errors
    /// The body is something else.
    pub fn of(SdkBody(body): &SdkBody) -> Result<Self, SdkError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self { members, errors: BTreeMap::new() }),
            _ => Err(SdkError::field("body", "The body must be a JSON object.")),
        }
    }

    fn wrong(&mut self, name: &str, message: impl Into<String>) {
        self.errors.entry(name.into()).or_default().push(message.into());
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.members.get(name).filter(|value| !value.is_null()).cloned()
    }

    /// A number that has to be there.
    pub fn required(&mut self, name: &'static str, called: &str) -> i64 {
        if self.value(name).is_none() {
            self.wrong(name, format!("{called} is required"));
        }
        self.integer(name).unwrap_or_default()
    }

    /// A number. Written as a text it is one too, as forms send it.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        let number = match self.value(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| i32::try_from(*number).is_ok());
        if number.is_none() {
            self.wrong(name, format!("The {} must be an integer.", spoken(name)));
        }
        number
    }

    /// A text without control characters. An empty one is none.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.text_up_to(name, LONGEST)
    }

    /// What a gateway calls a payment method.
    pub fn token(&mut self, name: &'static str) -> Option<String> {
        self.text_up_to(name, LONGEST_TOKEN)
    }

    fn text_up_to(&mut self, name: &'static str, most: usize) -> Option<String> {
        let spoken = spoken(name);
        match self.value(name)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) if text.chars().count() > most => {
                self.wrong(name, format!("The {spoken} may not be greater than {most} characters."));
                None
            }
            Value::String(text) if text.chars().any(char::is_control) => {
                self.wrong(name, format!("The {spoken} must be a string without control characters."));
                None
            }
            Value::String(text) => Some(text.trim().to_owned()),
            _ => {
                self.wrong(name, format!("The {spoken} must be a string."));
                None
            }
        }
    }

    /// One of some words.
    pub fn one_of<T>(&mut self, name: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let read = read(&text);
        if read.is_none() {
            self.wrong(name, format!("The selected {} is invalid.", spoken(name)));
        }
        read
    }

    /// True or false, as a boolean, 0 or 1.
    pub fn flag(&mut self, name: &'static str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(Value::Number(number)) if number.as_i64() == Some(0) => false,
            Some(Value::Number(number)) if number.as_i64() == Some(1) => true,
            Some(_) => {
                self.wrong(name, format!("The {} field must be true or false.", spoken(name)));
                false
            }
        }
    }

    /// Notes that a member is wrong, for a reason of its own.
    pub fn refuse(&mut self, name: &'static str, message: &str) {
        self.wrong(name, message);
    }

    /// Says whether everything was right.
    ///
    /// # Errors
    /// Something was wrong: all of it is said.
    pub fn finish(self) -> Result<(), SdkError> {
        if self.errors.is_empty() { Ok(()) } else { Err(SdkError::Fields(self.errors)) }
    }
}

/// A member's name as a sentence says it.
fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read<T>(body: Value, read: impl FnOnce(&mut SdkFields) -> T) -> Result<T, SdkError> {
        let mut fields = SdkFields::of(&SdkBody(body.to_string().into()))?;
        let value = read(&mut fields);
        fields.finish().map(|()| value)
    }

    #[test]
    fn what_is_wrong_is_said_by_field() {
        let all = |fields: &mut SdkFields| {
            let id = fields.required("plan_id", "Plan ID");
            (id, fields.integer("quantity"), fields.text("source"), fields.flag("replace_upcoming_phases"))
        };
        let right =
            json!({ "plan_id": "7", "quantity": null, "source": " web ", "replace_upcoming_phases": 1 });
        assert_eq!(read(right, all), Ok((7, None, Some("web".into()), true)));
        let wrong = json!({ "quantity": 1.5, "source": ["web"], "replace_upcoming_phases": "yes" });
        let Err(SdkError::Fields(errors)) = read(wrong, all) else { panic!("taken") };
        assert_eq!(
            json!(errors),
            json!({
                "plan_id": ["Plan ID is required"],
                "quantity": ["The quantity must be an integer."],
                "replace_upcoming_phases": ["The replace upcoming phases field must be true or false."],
                "source": ["The source must be a string."],
            })
        );
        for body in ["[]", "7", "{", "\"x\""] {
            assert!(SdkFields::of(&SdkBody(body.into())).is_err(), "{body}");
        }
    }
}
