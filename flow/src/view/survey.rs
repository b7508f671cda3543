use super::{TITLE, View, button, field, step};
use crate::action::follow_up_field;
use crate::{Flow, Run, Word};

const HINT: &str = "fw-hint";

pub(super) fn view(flow: &Flow, run: &Run) -> View {
    let words = &flow.words;
    let mut view = step("survey", words.get(Word::SurveyTitle));
    let form = &mut view.form;
    form.add("p", "lead").set("id", HINT).text(words.get(Word::SurveyHint));
    if !flow.reasons.is_empty() {
        let choices = form.add("fieldset", "");
        choices.set("aria-labelledby", TITLE).set("aria-describedby", HINT);
        for reason in &flow.reasons {
            let chosen = run.answers.reason.as_ref() == Some(&reason.key);
            let choice = choices.add("div", "choice");
            let pick = choice.add("label", "pick");
            let radio = pick.add("input", "");
            radio.set("type", "radio").set("name", "reason").set("value", &reason.key);
            if chosen {
                radio.set("checked", "");
            }
            pick.add("span", "").text(&reason.label);
            if let Some(question) = &reason.follow_up {
                let written = run.answers.follow_up.as_deref().filter(|_| chosen);
                field(choice, "follow", &follow_up_field(&reason.key), question, written);
            }
        }
    }
    if flow.feedback {
        field(form, "feedback", "feedback", words.get(Word::Feedback), run.answers.feedback.as_deref());
    }
    let actions = form.add("div", "actions");
    button(flow, actions, "leave wide", "answer", Word::Continue);
    button(flow, actions, "plain", "leave", Word::SkipToCancel);
    button(flow, actions, "plain", "keep", Word::Keep);
    view
}
