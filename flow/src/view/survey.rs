use super::{TITLE, View, actions, button, step};
use crate::action::follow_up_field;
use crate::{Element, Flow, MAX_TEXT, Reason, Run, Word};

const HINT: &str = "fw-hint";

pub(super) fn view(flow: &Flow, run: &Run) -> View {
    let title = flow.words.get(Word::SurveyTitle);
    let mut form = step("survey", title)
        .child(Element::class("p", "lead").with("id", HINT).text(flow.words.get(Word::SurveyHint)));
    if !flow.reasons.is_empty() {
        let choices = Element::new("fieldset").with("aria-labelledby", TITLE).with("aria-describedby", HINT);
        form = form.child(flow.reasons.iter().fold(choices, |all, reason| all.child(choice(reason, run))));
    }
    if flow.feedback {
        let label = flow.words.get(Word::Feedback);
        form = form.child(field("feedback", "feedback", label, run.answers.feedback.as_deref(), "3"));
    }
    form = form.child(actions([
        button(flow, "leave wide", "answer", Word::Continue),
        button(flow, "plain", "leave", Word::SkipToCancel),
        button(flow, "plain", "keep", Word::Keep),
    ]));
    View { step: "survey", name: title.into(), form }
}

fn choice(reason: &Reason, run: &Run) -> Element {
    let chosen = run.answers.reason.as_ref() == Some(&reason.key);
    let mut radio =
        Element::new("input").with("type", "radio").with("name", "reason").with("value", &reason.key);
    if chosen {
        radio = radio.with("checked", "");
    }
    let label = Element::class("label", "pick").child(radio).child(Element::new("span").text(&reason.label));
    let choice = Element::class("div", "choice").child(label);
    match &reason.follow_up {
        Some(question) => {
            let written = run.answers.follow_up.as_deref().filter(|_| chosen);
            choice.child(field("follow", &follow_up_field(&reason.key), question, written, "2"))
        }
        None => choice,
    }
}

fn field(class: &str, name: &str, label: &str, written: Option<&str>, rows: &str) -> Element {
    let max = super::number(u32::try_from(MAX_TEXT).unwrap_or(0));
    let mut area = Element::new("textarea")
        .with("name", name)
        .with("rows", rows)
        .with("maxlength", &max)
        .with("dir", "auto");
    if let Some(written) = written {
        area = area.text(written);
    }
    Element::class("label", class).child(Element::new("span").text(label)).child(area)
}
