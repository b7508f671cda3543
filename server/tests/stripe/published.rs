//! What Stripe publishes of its requests: the names of parameters and what they may be. `published.py` writes it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Published {
    version: String,
    operations: BTreeMap<String, BTreeMap<String, Option<Vec<String>>>>,
}

static PUBLISHED: LazyLock<Published> =
    LazyLock::new(|| serde_json::from_str(include_str!("published.json")).expect("JSON"));

/// The version that is published.
pub fn version() -> &'static str {
    &PUBLISHED.version
}

/// What Stripe says of a request with a parameter that it does not publish, or with another value. None where there is none.
pub fn refusal(method: &str, path: &str, form: &[(String, String)]) -> Option<(u16, Value)> {
    let asked = path.split('/').collect::<Vec<_>>();
    let fits = |operation: &str| {
        operation.strip_prefix(method).and_then(|rest| rest.strip_prefix(' ')).is_some_and(|path| {
            let parts: Vec<_> = path.split('/').collect();
            parts.len() == asked.len()
                && parts.iter().zip(&asked).all(|(part, one)| *part == "{}" || part == one)
        })
    };
    let error = |code: &str, parameter: &str, message: String| {
        let error =
            json!({ "type": "invalid_request_error", "code": code, "param": parameter, "message": message });
        Some((400, json!({ "error": error })))
    };
    let Some((_, parameters)) = PUBLISHED.operations.iter().find(|(operation, _)| fits(operation)) else {
        let message = format!("Unrecognized request URL ({method}: /{path}).");
        return Some((404, json!({ "error": { "type": "invalid_request_error", "message": message } })));
    };
    for (name, value) in form {
        let Some((_, may)) = parameters.iter().find(|(known, _)| spells(known, name)) else {
            return error("parameter_unknown", name, format!("Received unknown parameter: {name}"));
        };
        if may.as_ref().is_some_and(|words| !words.contains(value)) {
            return error("", name, format!("Invalid {name}: must be one of {may:?}"));
        }
    }
    None
}

/// Whether a name is as published: `items[0][price]` is `items[][price]`, and `metadata[a]` is `metadata[*]`.
fn spells(known: &str, name: &str) -> bool {
    let parts = |text: &str| text.split('[').map(str::to_owned).collect::<Vec<_>>();
    let (known, name) = (parts(known), parts(name));
    known.len() == name.len()
        && known.iter().zip(&name).all(|(known, one)| {
            known == one
                || known == "*]" && one.len() > 1
                || known == "]" && one.strip_suffix(']').is_some_and(|index| index.parse::<u32>().is_ok())
        })
}

#[test]
fn names_are_spelled_as_published() {
    for (known, name) in [
        ("items[][price]", "items[0][price]"),
        ("metadata[*]", "metadata[farewell]"),
        ("expand[]", "expand[]"),
        ("cancel_at", "cancel_at"),
    ] {
        assert!(spells(known, name), "{known} {name}");
    }
    for (known, name) in [
        ("items[][price]", "items[price]"),
        ("items[][price]", "items[x][price]"),
        ("metadata[*]", "metadata[]"),
        ("cancel_at", "cancel_at_period_end"),
    ] {
        assert!(!spells(known, name), "{known} {name}");
    }
}

#[test]
fn what_stripe_does_not_publish_is_refused_with_its_own_error() {
    let refused = |path: &str, name: &str, value: &str| {
        refusal("POST", path, &[(name.to_owned(), value.to_owned())])
            .map(|(status, body)| (status, body["error"]["code"].as_str().unwrap_or_default().to_owned()))
    };
    assert_eq!(version(), "2025-03-31.basil");
    assert_eq!(refused("v1/subscriptions/sub_1", "cancel_at_period_end", "true"), None);
    assert_eq!(
        refused("v1/subscriptions/sub_1", "prorate", "false"),
        Some((400, "parameter_unknown".into()))
    );
    assert_eq!(
        refused("v1/subscriptions/sub_1", "pause_collection[behavior]", "off"),
        Some((400, String::new()))
    );
    assert_eq!(refused("v1/subscription/sub_1", "cancel_at", ""), Some((404, String::new())));
}
