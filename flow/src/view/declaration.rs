use super::{View, button, field, line, step};
use crate::declaration::{EXTRAORDINARY, ON_DATE};
use crate::{Declared, Element, Flow, Run, Word};

/// What the law lets a customer declare, on a step of its own before the confirmation.
pub(super) fn view(flow: &Flow, run: &Run) -> View {
    let mut view = step("details", flow.words.get(Word::DetailsTitle));
    let form = &mut view.form;
    known(flow, form.add("dl", ""));
    fields(flow, &run.declared, form);
    let actions = form.add("div", "actions");
    button(flow, actions, "leave", "declare", Word::Continue);
    view
}

/// Who, and which contract.
pub(super) fn known(flow: &Flow, list: &mut Element) {
    if let Some(name) = &flow.declaration.name {
        line(flow, list, Word::Name).text(name);
    }
    if let Some(plan) = &flow.subscription.plan {
        line(flow, list, Word::Plan).text(plan);
    }
}

/// Everything that can be said, all of it in sight.
pub(super) fn fields(flow: &Flow, said: &Declared, form: &mut Element) {
    if flow.declaration.ends {
        let kind = choice(flow, form, Word::Kind);
        pick(flow, kind, ["kind", "ordinary"], Word::Ordinary, !said.extraordinary);
        let cause = pick(flow, kind, ["kind", EXTRAORDINARY], Word::Extraordinary, said.extraordinary);
        field(cause, "follow", "cause", flow.words.get(Word::Cause), said.cause.as_deref());
        let when = choice(flow, form, Word::When);
        pick(flow, when, ["when", "earliest"], Word::Earliest, said.until.is_none());
        let named = pick(flow, when, ["when", ON_DATE], Word::OnDate, said.until.is_some());
        input(flow, named, "follow", ["until", "date"], Word::Until, said.until.as_ref());
    }
    let email = said.email.as_ref().or(flow.declaration.email.as_ref());
    input(flow, form, "feedback", ["email", "email"], Word::Email, email);
}

/// What was said, to be read once more.
pub(super) fn repeated(flow: &Flow, said: &Declared, list: &mut Element) {
    let kind = if said.extraordinary { Word::Extraordinary } else { Word::Ordinary };
    if flow.declaration.ends {
        line(flow, list, Word::Kind).text(flow.words.get(kind));
        let when = line(flow, list, Word::When);
        match &said.until {
            Some(day) => when.children.push(crate::Node::Date(crate::Instant([day, "T12:00:00Z"].concat()))),
            None => drop(when.text(flow.words.get(Word::Earliest))),
        }
    }
    for (word, text) in [(Word::Cause, &said.cause), (Word::Email, &said.email)] {
        if let Some(text) = text {
            line(flow, list, word).text(text);
        }
    }
}

/// A question with its choices.
fn choice<'a>(flow: &Flow, form: &'a mut Element, word: Word) -> &'a mut Element {
    let question = form.add("fieldset", "");
    question.add("legend", "").text(flow.words.get(word));
    question
}

/// One of the choices, and what stands under it.
fn pick<'a>(
    flow: &Flow,
    question: &'a mut Element,
    [name, value]: [&str; 2],
    word: Word,
    chosen: bool,
) -> &'a mut Element {
    let choice = question.add("div", "choice");
    let pick = choice.add("label", "pick");
    let radio = pick.add("input", "");
    radio.set("type", "radio").set("name", name).set("value", value);
    if chosen {
        radio.set("checked", "");
    }
    pick.add("span", "").text(flow.words.get(word));
    choice
}

fn input(
    flow: &Flow,
    to: &mut Element,
    class: &str,
    [name, kind]: [&str; 2],
    word: Word,
    value: Option<&String>,
) {
    let field = to.add("label", class);
    field.add("span", "").text(flow.words.get(word));
    let input = field.add("input", "text");
    input.set("type", kind).set("name", name);
    if kind == name {
        input.set("autocomplete", kind);
    }
    if let Some(value) = value {
        input.set("value", value);
    }
}
