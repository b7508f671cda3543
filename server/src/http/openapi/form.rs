//! What forms of the browser's API hold.

use serde_json::Value;

use super::Shape;
use super::parameter::public_key;
use crate::declaration::{LONGEST_EMAIL, LONGEST_LINE};
use crate::http::actions;

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

/// The schema of a form of the flow's pages: one that opens a session, or one that does something in it.
pub fn flow() -> Value {
    let opens = Shape::object()
        .must("session", Shape::any_text().says("A session id, `ret_…` or `sub_…`."))
        .with("title", "Opens a session");
    let handle = || Shape::any_text().says("The page's name, from the form's hidden field.");
    let does = actions::each().into_iter().map(|action| action.must("handle", handle()).schema());
    let forms: Vec<Value> = std::iter::once(opens.schema()).chain(does).collect();
    Shape::anything()
        .with("anyOf", forms)
        .with("description", "A form that opens a session, or one that a page has.")
        .schema()
}

/// The schema of the form to cancel.
pub fn cancel() -> Value {
    declaration()
        .could("kind", Shape::any_text().says("`ordinary`, or `extraordinary`: for cause, and so at once."))
        .could(
            "cause",
            Shape::any_text().says("The cause, where it is extraordinary: at most 2000 characters."),
        )
        .could(
            "end",
            Shape::any_text()
                .says("The day the contract is to end, today or later. Empty: as early as possible."),
        )
        .schema()
}

/// The schema of the form to withdraw.
pub fn withdraw() -> Value {
    declaration().schema()
}

fn declaration() -> Shape {
    Shape::object()
        .must("name", Shape::line(LONGEST_LINE).says("Who declares it."))
        .must("contract", Shape::line(LONGEST_LINE).says("Which contract, in the words of who declares it."))
        .must("email", Shape::line(LONGEST_EMAIL).with("format", "email").says("Where the receipt goes."))
        .could("form", Shape::any_text().says("The form's own token: sent twice, it is one declaration."))
}
