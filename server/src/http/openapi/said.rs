//! What is said in the document: as programmers wrote it for each other, made fit for those who call.

use serde_json::{Map, Value};

/// What a type is, without what else there is to know of it in the program.
pub fn shorten(schema: &mut Value) {
    if let Some(Value::String(said)) = schema.get_mut("description") {
        said.truncate(said.find("\n\n").unwrap_or(said.len()));
    }
}

/// Handlers begin by naming themselves, which the document does anyway.
pub fn say(operation: &mut Map<String, Value>, name: &str) {
    if let Some(Value::String(summary)) = operation.get_mut("summary") {
        let said = summary.strip_prefix(name).unwrap_or(summary).trim_end_matches('.');
        let mut letters = said.chars();
        *summary = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    }
}

/// What is nothing in the program, and null in JSON.
const NONE: [(&str, &str); 3] =
    [("None: ", "Null: "), ("None while ", "Null while "), ("None until ", "Null until ")];

/// Takes links into the program off what is said, and says null as JSON does.
pub fn plain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(members) => {
            lift(members);
            for (name, value) in members {
                match value {
                    Value::String(text) if name == "description" || name == "summary" => {
                        *text =
                            NONE.iter().fold(unlinked(text), |text, (none, null)| text.replace(none, null));
                    }
                    value => plain(value),
                }
            }
        }
        _ => {}
    }
}

/// What is said of something that may be null stands beside the choice, not within it.
fn lift(members: &mut Map<String, Value>) {
    let choices = members.get_mut("oneOf").and_then(Value::as_array_mut);
    let said = choices.into_iter().flatten().filter(|choice| choice.get("$ref").is_some());
    let said = said.filter_map(|choice| choice.as_object_mut()?.remove("description")).last();
    if let Some(said) = said {
        members.insert("description".into(), said);
    }
}

/// A text without its links: `[`name`](path)` is `name`.
fn unlinked(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        plain.push_str(before);
        let Some((name, after)) = after.split_once("`]") else {
            plain.push_str("[`");
            rest = after;
            continue;
        };
        plain.push_str(&format!("`{name}`"));
        rest = after.strip_prefix('(').and_then(|path| Some(path.split_once(')')?.1)).unwrap_or(after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_has_no_links_into_the_program() {
        assert_eq!(
            unlinked("Only [`Outcome::Canceled`] ends it: [`apply`](crate::apply) says so."),
            "Only `Outcome::Canceled` ends it: `apply` says so."
        );
        assert_eq!(unlinked("[`half"), "[`half");
        assert_eq!(unlinked("none"), "none");
    }
}
