//! What a request may hold, as JSON Schema: the same limits that [`Fields`](crate::http::fields::Fields) reads with.

use serde_json::{Map, Value, json};

use crate::http::fields::MOST_MEMBERS;
use crate::session::Environment;

/// What counts as white space around a text, and is taken off: Unicode's `White_Space`.
const SPACE: &str = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// Characters that nobody types: Unicode's `Cc`.
const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";
/// The same without those of a text of several lines.
const CONTROL_IN_PROSE: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f";
/// A year that moments are taken of.
const YEAR: &str = "^(19[7-9][0-9]|[2-9][0-9]{3})-";

impl Environment {
    /// The schema of an environment.
    #[must_use]
    pub fn shape() -> Shape {
        Shape::one_of([Self::Prod, Self::Sandbox].map(Self::name))
            .says("`prod` (the default) counts. In the `sandbox` somebody is trying things out.")
    }
}

/// A schema in the making.
#[derive(Clone, Debug)]
pub struct Shape(Map<String, Value>);

impl Shape {
    fn of(schema: Value) -> Self {
        match schema {
            Value::Object(members) => Self(members),
            _ => Self(Map::new()),
        }
    }

    /// A line that is not empty, with a limit in characters.
    #[must_use]
    pub fn line(most: usize) -> Self {
        Self::written(most, CONTROL)
    }

    /// A text that is not empty and may have several lines, with a limit in characters.
    #[must_use]
    pub fn prose(most: usize) -> Self {
        Self::written(most, CONTROL_IN_PROSE)
    }

    fn written(most: usize, forbidden: &str) -> Self {
        let pattern =
            format!("^[{SPACE}]*[^{SPACE}{forbidden}]([^{forbidden}]*[^{SPACE}{forbidden}])?[{SPACE}]*$");
        Self::of(json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": pattern }))
    }

    /// A text of this form.
    #[must_use]
    pub fn text(pattern: &str, most: usize) -> Self {
        Self::of(json!({ "type": "string", "maxLength": most, "pattern": pattern }))
    }

    /// Any text.
    #[must_use]
    pub fn any_text() -> Self {
        Self::of(json!({ "type": "string" }))
    }

    /// One of these words.
    #[must_use]
    pub fn one_of<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self::of(json!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() }))
    }

    /// True or false.
    #[must_use]
    pub fn flag() -> Self {
        Self::of(json!({ "type": "boolean" }))
    }

    /// A number within bounds.
    #[must_use]
    pub fn number(most: f64) -> Self {
        Self::of(json!({ "type": "number", "minimum": 0, "maximum": most }))
    }

    /// A whole number within bounds.
    #[must_use]
    pub fn integer(least: u64, most: u64) -> Self {
        Self::of(json!({ "type": "integer", "minimum": least, "maximum": most }))
    }

    /// A moment: RFC 3339.
    #[must_use]
    pub fn moment() -> Self {
        Self::of(json!({ "type": "string", "format": "date-time", "pattern": YEAR }))
    }

    /// A moment, or a day.
    #[must_use]
    pub fn moment_or_day() -> Self {
        let day = json!({ "type": "string", "format": "date" });
        Self::of(json!({ "anyOf": [Self::moment().schema(), day] }))
    }

    /// A UUID.
    #[must_use]
    pub fn uuid() -> Self {
        Self::of(json!({ "type": "string", "format": "uuid" }))
    }

    /// A flat object: texts, numbers, true, false and null, under plain names.
    #[must_use]
    pub fn flat() -> Self {
        let text = json!({ "type": "string", "pattern": format!("^[^{CONTROL}]*$") });
        Self::of(json!({
            "type": "object",
            "maxProperties": MOST_MEMBERS,
            "propertyNames": { "pattern": format!("^[^{CONTROL}]*[^{SPACE}{CONTROL}][^{CONTROL}]*$") },
            "additionalProperties": { "anyOf": [text, { "type": ["number", "boolean", "null"] }] },
        }))
    }

    /// An object without members so far.
    #[must_use]
    pub fn object() -> Self {
        Self::of(json!({ "type": "object", "properties": {} }))
    }

    /// Anything at all.
    #[must_use]
    pub fn anything() -> Self {
        Self::of(json!({}))
    }

    /// A list.
    #[must_use]
    pub fn list(of: Self, most: usize) -> Self {
        Self::of(json!({ "type": "array", "items": of.schema(), "maxItems": most }))
    }

    /// With a sentence about it.
    #[must_use]
    pub fn says(self, description: &str) -> Self {
        self.with("description", description)
    }

    /// With another keyword of JSON Schema.
    #[must_use]
    pub fn with(mut self, keyword: &str, value: impl Into<Value>) -> Self {
        self.0.insert(keyword.into(), value.into());
        self
    }

    /// With a member that has to be there.
    #[must_use]
    pub fn must(mut self, name: &str, shape: Self) -> Self {
        self.member(name, shape);
        if let Value::Array(required) = self.0.entry("required").or_insert_with(|| json!([])) {
            required.push(name.into());
        }
        self
    }

    /// With a member that may be missing, or null, which is the same.
    #[must_use]
    pub fn may(mut self, name: &str, shape: Self) -> Self {
        self.member(name, shape.or_null());
        self
    }

    /// With a member that may be missing, and is not null.
    #[must_use]
    pub fn could(mut self, name: &str, shape: Self) -> Self {
        self.member(name, shape);
        self
    }

    fn member(&mut self, name: &str, shape: Self) {
        if let Some(Value::Object(members)) = self.0.get_mut("properties") {
            members.insert(name.into(), shape.schema());
        }
    }

    fn or_null(mut self) -> Self {
        let null = Value::Null;
        if let Some(kind) = self.0.get_mut("type") {
            *kind = json!([kind.take(), "null"]);
        }
        if let Some(Value::Array(words)) = self.0.get_mut("enum") {
            words.push(null);
        }
        if let Some(Value::Array(forms)) = self.0.get_mut("anyOf") {
            forms.push(json!({ "type": "null" }));
        }
        self
    }

    /// With at least one of these members, which are texts.
    #[must_use]
    pub fn any_of(self, names: &[&str]) -> Self {
        let there =
            |name: &&str| json!({ "required": [name], "properties": { *name: { "type": "string" } } });
        self.with("anyOf", names.iter().map(there).collect::<Vec<_>>())
    }

    /// Without any other member.
    #[must_use]
    pub fn closed(self) -> Self {
        self.with("additionalProperties", false)
    }

    /// The schema.
    #[must_use]
    pub fn schema(self) -> Value {
        Value::Object(self.0)
    }
}
