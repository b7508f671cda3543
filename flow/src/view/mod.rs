//! How a state looks: one file for each step.

mod confirm;
mod notice;
mod offer;
mod receipt;
mod survey;

pub use notice::{Notice, notice};

use crate::{Action, Element, Flow, Policy, Position, Run, State, Step, Word, apply};

/// A step, drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The step's name: `survey`, `offer`, `confirm` or `receipt`.
    pub step: &'static str,
    /// What the step is called, in the customer's language: the title of a page, the accessible name of a dialog.
    pub name: String,
    /// A whole form, ready to be sent.
    pub form: Element,
}

/// The id of a step's heading, which hosts move the focus to.
pub(crate) const TITLE: &str = "fw-title";

/// Draws where the customer is.
///
/// A session that was never opened is drawn as its first step. Every button of the drawing, sent with the fields of its
/// form, is an [`Action`] that [`apply`] accepts in this state.
#[must_use]
pub fn view(flow: &Flow, policy: &Policy, state: &State) -> View {
    let next = state.next();
    let opened;
    let state = if state.runs.is_empty() {
        opened = apply(flow, policy, state, &Action::Shown).unwrap_or_default();
        &opened
    } else {
        state
    };
    let Some(run) = state.runs.last() else { return confirm::view(flow, policy, None) };
    let mut view = match &run.step {
        Step::Survey => survey::view(flow, run),
        Step::Offer { offer } => match flow.offer(offer) {
            Some(offer) => offer::view(flow, policy, offer),
            None => confirm::view(flow, policy, Some(run)),
        },
        Step::Confirm => confirm::view(flow, policy, Some(run)),
        Step::Receipt => receipt::view(flow, state, run),
    };
    view.form = framed(flow, state, next, view.form);
    view
}

/// Makes a step's content a form of this session.
fn framed(flow: &Flow, state: &State, next: Position, content: Element) -> Element {
    let hidden = |name: &str, value: &str| {
        Element::new("input").with("type", "hidden").with("name", name).with("value", value)
    };
    let mut form = content
        .with("method", "post")
        .with("action", &flow.page.action)
        .with("lang", &flow.locale)
        .with("dir", if flow.rtl { "rtl" } else { "ltr" })
        .with("autocomplete", "off")
        .child(hidden("handle", &flow.page.handle))
        .child(hidden("run", &number(next.run)))
        .child(hidden("seq", &number(next.seq)));
    // The cross comes last, so that Enter in a field never means "close".
    if state.open_run().is_some() {
        form = form.child(
            Element::class("button", "close")
                .with("name", "do")
                .with("value", Action::Close.verb())
                .with("aria-label", flow.words.get(Word::Close)),
        );
    }
    form
}

/// The outermost element of a step, with its heading.
fn step(name: &str, title: &str) -> Element {
    Element::class("form", &["step ", name].concat())
        .child(Element::new("h2").with("id", TITLE).with("tabindex", "-1").text(title))
}

/// A button that sends an action.
fn button(flow: &Flow, class: &str, verb: &str, word: Word) -> Element {
    Element::class("button", class).with("name", "do").with("value", verb).text(flow.words.get(word))
}

fn actions(buttons: impl IntoIterator<Item = Element>) -> Element {
    buttons.into_iter().fold(Element::class("div", "actions"), Element::child)
}

/// The way back to the survey, where there is one.
fn back(flow: &Flow, policy: &Policy, run: Option<&Run>) -> Option<Element> {
    let asked = policy.survey && (flow.feedback || !flow.reasons.is_empty());
    (asked && run.is_none_or(|run| run.outcome.is_none()))
        .then(|| button(flow, "quiet", Action::Back.verb(), Word::Back))
}

/// A small whole number as text, without the formatting machinery that the widget would otherwise carry.
fn number(mut n: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(b'0' + u8::try_from(n % 10).unwrap_or(0)));
        n /= 10;
        if n == 0 {
            return digits.iter().rev().collect();
        }
    }
}
