//! What forms of the browser's API hold.

use serde_json::Value;

use super::Shape;
use super::parameter::public_key;

/// The schema of a form with a session of the flow.
pub fn session() -> Value {
    form(
        "A session id, `ret_…`; one of the hub, `sub_…`, leads to the flow of the customer's only subscription.",
    )
}

/// The schema of a form with a session of the hub.
pub fn hub() -> Value {
    form("A session id of the hub, `sub_…`.")
}

fn form(says: &str) -> Value {
    Shape::object().must("session", Shape::any_text().says(says)).could("public_key", public_key()).schema()
}
