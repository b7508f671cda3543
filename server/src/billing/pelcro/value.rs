//! Pelcro's values: a moment is seconds since 1970 in one field and ISO 8601 in the next, a flag is 0, 1, true or false, and an id a
//! number. What is something else is not guessed at.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

/// An id, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Number(number) if number.is_i64() => Ok(Self(number.to_string())),
            Value::String(text) if !text.is_empty() => Ok(Self(text)),
            _ => Err(D::Error::custom("an id")),
        }
    }
}

impl Id {
    /// As Pelcro has it: a number where it is one.
    pub(super) fn value(text: &str) -> Value {
        text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
    }
}

/// A moment, where there is one.
pub(super) fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let found = match Value::deserialize(from)? {
        Value::Null => return Ok(None),
        Value::Number(seconds) => seconds.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok()),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => match text.parse::<i64>() {
            Ok(seconds) => Timestamp::from_second(seconds).ok(),
            Err(_) => text.parse().ok(),
        },
        _ => None,
    };
    found.map(Some).ok_or_else(|| D::Error::custom("a moment"))
}

/// A flag, where there is one.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(flag)),
        Value::Number(number) if number.as_i64() == Some(0) => Ok(Some(false)),
        Value::Number(number) if number.as_i64() == Some(1) => Ok(Some(true)),
        Value::String(text) if text == "0" => Ok(Some(false)),
        Value::String(text) if text == "1" => Ok(Some(true)),
        _ => Err(D::Error::custom("a flag")),
    }
}

/// A whole number, where there is one: also written as a text.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let found = match Value::deserialize(from)? {
        Value::Null => return Ok(None),
        Value::Number(number) => whole(&number),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    found.map(Some).ok_or_else(|| D::Error::custom("a whole number"))
}

/// `50` and `50.0`, and not `12.5`.
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let text = number.to_string();
        text.strip_suffix(".0")?.parse().ok()
    })
}

/// A list, where null and nothing are an empty one.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_and_flags_are_read_in_every_documented_form_and_no_other() {
        let first = Timestamp::from_second(1_795_262_400).unwrap();
        for written in [
            json!(1_795_262_400),
            json!("1795262400"),
            json!("2026-11-21T12:00:00Z"),
            json!("2026-11-21T13:00:00.000000+01:00"),
        ] {
            assert_eq!(moment(&written).unwrap(), Some(first), "{written}");
        }
        assert_eq!((moment(json!(null)).unwrap(), moment(json!("")).unwrap()), (None, None));
        for wrong in [json!("2026-11-21 12:00:00"), json!("tomorrow"), json!(1.5), json!(true), json!({})] {
            assert!(moment(&wrong).is_err(), "{wrong}");
        }
        for (written, flagged) in
            [(json!(0), false), (json!(1), true), (json!(true), true), (json!("0"), false)]
        {
            assert_eq!(flag(&written).unwrap(), Some(flagged));
        }
        assert!(flag(json!(2)).is_err() && flag(json!("yes")).is_err());
        assert_eq!((number(json!(50.0)).unwrap(), number(json!("50")).unwrap()), (Some(50), Some(50)));
        assert!(number(json!(12.5)).is_err());
    }
}
