//! What forms of the browser's API hold.

use serde_json::Value;

use super::Shape;
use super::parameter::public_key;
use crate::declaration::{LONGEST_EMAIL, LONGEST_LINE};
use crate::http::actions;
use crate::hub::Want;

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

/// The schemas of forms of the hub, by what they do.
pub fn hub_action() -> Value {
    let text = |says: &str| Shape::any_text().says(says);
    let subscription = || text("The subscription's id in billing, from the form's hidden field.");
    let want = || Shape::one_of(Want::ALL.map(Want::name)).says("What is wanted.");
    let form = |verbs: &[&str], says: &str| {
        with_session("A session id of the hub, `sub_…`.")
            .must("do", Shape::one_of(verbs.iter().copied()).says(says))
            .could("page", text("The page's address, to come back to from another page."))
    };
    let forms = [
        form(&Want::ALL.map(Want::name), "Begins a change, or goes back to the choice.")
            .must("subscription", subscription())
            .could("choice", text("What was chosen before.")),
        form(&["preview"], "Says what a change would mean.")
            .must("subscription", subscription())
            .must("want", want())
            .could("choice", text("A plan's id, a length such as `1_month`, or a promotion code.")),
        form(&["confirm"], "Does what was shown.").must(
            "quote",
            text(
                "What was shown, sealed, from the form's hidden field. It can be agreed to for half an hour.",
            ),
        ),
        form(&["back"], "Leaves a change alone.").must("subscription", subscription()).must("want", want()),
        form(&["look"], "Looks at a change that billing had not answered.")
            .must("change", text("Its name, from the form's hidden field.")),
        form(
            &["invoices", "payment", "home"],
            "Shows all invoices, leads to where a payment method is changed, or shows the hub.",
        ),
    ];
    Shape::anything()
        .with("anyOf", forms.map(Shape::schema).to_vec())
        .with("description", "A form of the hub, with the session.")
        .schema()
}

fn form(says: &str) -> Value {
    with_session(says).schema()
}

fn with_session(says: &str) -> Shape {
    Shape::object().must("session", Shape::any_text().says(says)).could("public_key", public_key())
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
