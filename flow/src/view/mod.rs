//! How a state looks: one file for each step.

mod confirm;
mod declaration;
mod notice;
mod offer;
mod receipt;
mod survey;

pub use notice::{Notice, OPEN_AS_PAGE, notice};

use crate::number::number;
use crate::{Action, Element, Flow, MAX_TEXT, Policy, State, Step, Word, apply};

/// A step, drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The step's name: `survey`, `offer`, `details`, `confirm` or `receipt`.
    pub step: &'static str,
    /// What the step is called, in the customer's language: the title of a page, the accessible name of a dialog.
    pub name: String,
    /// A whole form, ready to be sent.
    pub form: Element,
}

/// The id of a step's heading, which hosts move the focus to.
const TITLE: &str = "fw-title";

/// Draws what a customer sees on opening the flow: a new run, where none is open and another is possible.
///
/// The form has its place behind [`Action::Shown`]. A host that such a form comes to before it heard of that does both.
#[must_use]
pub fn opening(flow: &Flow, policy: &Policy, state: &State) -> View {
    match apply(flow, policy, state, &Action::Shown) {
        Ok(opened) => view(flow, policy, &opened),
        Err(_) => view(flow, policy, state),
    }
}

/// Draws where the customer is. A session that was never opened is drawn by [`opening`], which shows its first step.
///
/// Every button of the drawing, sent with the fields of its form, is an [`Action`] that [`apply`] accepts in this state.
#[must_use]
pub fn view(flow: &Flow, policy: &Policy, state: &State) -> View {
    let run = state.runs.last();
    let offer = run.and_then(|run| match &run.step {
        Step::Offer { offer } => flow.offer(offer),
        _ => None,
    });
    let mut view = match (run.map(|run| (run, &run.step)), offer) {
        (Some((run, Step::Survey)), _) => survey::view(flow, run),
        (Some((run, Step::Details)), _) => declaration::view(flow, run),
        (Some((run, Step::Receipt)), _) => receipt::view(flow, run, state.is_full()),
        (_, Some(offer)) => offer::view(flow, policy, state, offer),
        // Also where the offer on the screen is not in the flow: there is always a way on.
        _ => confirm::view(flow, policy, run),
    };
    frame(flow, state, &mut view.form);
    view
}

/// Makes a step a form of this session.
fn frame(flow: &Flow, state: &State, form: &mut Element) {
    let place = state.next();
    form.set("method", "post");
    form.set("action", &flow.page.action);
    form.set("lang", &flow.locale);
    form.set("dir", if flow.rtl { "rtl" } else { "ltr" });
    form.set("autocomplete", "off");
    hidden(form, "handle", &flow.page.handle);
    hidden(form, "run", &number(place.run));
    hidden(form, "seq", &number(place.seq));
    // The cross comes last, so that Enter in a field never means "close".
    if state.open_run().is_some() {
        let cross = form.add("button", "close");
        cross.set("name", "do").set("value", "close").set("aria-label", flow.words.get(Word::Close));
        cross.set("formnovalidate", "");
    }
}

/// The outermost element of a step, with its heading.
fn step(step: &'static str, title: &str) -> View {
    let mut form = Element::new("form", "step");
    form.add("h2", "").set("id", TITLE).set("tabindex", "-1").text(title);
    View { step, name: title.into(), form }
}

fn hidden(form: &mut Element, name: &str, value: &str) {
    form.add("input", "").set("type", "hidden").set("name", name).set("value", value);
}

/// Appends a button that sends an action. Only taking an offer needs what its form asks for.
#[inline(never)]
fn button(flow: &Flow, to: &mut Element, class: &str, verb: &str, word: Word) {
    let button = to.add("button", class);
    button.set("name", "do").set("value", verb).text(flow.words.get(word));
    if verb != "accept" {
        button.set("formnovalidate", "");
    }
}

/// Appends a field for free text under its label.
fn field(to: &mut Element, class: &str, name: &str, label: &str, written: Option<&str>) {
    let field = to.add("label", class);
    field.add("span", "").text(label);
    let area = field.add("textarea", "");
    area.set("name", name).set("rows", "2").set("maxlength", &number(MAX_TEXT as u32)).set("dir", "auto");
    if let Some(written) = written {
        area.text(written);
    }
}

/// Appends a line to a list of facts, and gives its empty value.
fn line<'a>(flow: &Flow, list: &'a mut Element, word: Word) -> &'a mut Element {
    let line = list.add("div", "");
    line.add("dt", "").text(flow.words.get(word));
    line.add("dd", "")
}

/// Appends the way back to the step before, where there is one.
fn back(flow: &Flow, policy: &Policy, actions: &mut Element) {
    if flow.asks(policy) || policy.details() {
        button(flow, actions, "quiet", "back", Word::Back);
    }
}
