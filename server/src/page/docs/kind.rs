//! What a schema allows, in a few words.

use serde_json::Value;

/// More words than these are not told one by one.
const MOST_WORDS: usize = 12;

/// What a schema allows: Markdown without line ends.
#[must_use]
pub fn kind(schema: &Value) -> String {
    if let Some(name) = name_of(schema) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    for part in ["oneOf", "anyOf"] {
        if let Some(parts) = schema[part].as_array().filter(|_| !schema["properties"].is_object()) {
            return either(parts);
        }
    }
    let nullable = schema["type"].as_array().is_some_and(|kinds| kinds.contains(&"null".into()));
    let or_null = if nullable { " or null" } else { "" };
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        if words.len() > MOST_WORDS {
            return format!("one of {} words{or_null}", words.len());
        }
        return format!("`{}`{or_null}", words.join("`, `"));
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect()
        }
        kind => kind.as_str().map(|kind| vec![kind]).unwrap_or_default(),
    };
    let told: Vec<String> = kinds.into_iter().map(|kind| one(kind, schema)).collect();
    if told.is_empty() { "anything".into() } else { format!("{}{or_null}", told.join(", ")) }
}

fn one(kind: &str, schema: &Value) -> String {
    match kind {
        "string" => match (schema["format"].as_str(), schema["maxLength"].as_u64()) {
            (Some("date-time"), _) => "moment".into(),
            (Some("date"), _) => "day".into(),
            (Some("uuid"), _) => "UUID".into(),
            (Some("uri"), _) => "URL".into(),
            (_, Some(most)) => format!("text, at most {most} characters"),
            _ => "text".into(),
        },
        "integer" | "number" => {
            let name = if kind == "integer" { "whole number" } else { "number" };
            match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
                (Some(least), Some(most)) => format!("{name}, {least} to {most}"),
                _ => name.into(),
            }
        }
        "boolean" => "true or false".into(),
        "array" => format!("list of {}", kind_of_items(&schema["items"])),
        "object" if schema["properties"].is_object() => "object".into(),
        _ => "flat object".into(),
    }
}

fn kind_of_items(items: &Value) -> String {
    if items["oneOf"].is_array() && name_of(&items["oneOf"][0]).is_none() {
        "objects".into()
    } else {
        kind(items)
    }
}

fn either(parts: &[Value]) -> String {
    let mut told: Vec<String> = parts.iter().filter(|part| part["type"] != "null").map(kind).collect();
    if told.len() < parts.len() {
        told.push("null".into());
    }
    told.join(" or ")
}

/// The name of the type that a schema refers to.
#[must_use]
pub fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// What a reference of the document leads to; anything else is what it is.
#[must_use]
pub fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let path = value["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| document.pointer(path)).unwrap_or(value)
}
