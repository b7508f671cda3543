//! What exactly is wanted: a plan, a length, a code.

use flow::Element;

use super::super::Want;
use super::super::want::length_name;
use super::{Card, Hub, button, focus, hidden};

/// What is wrong stands in an element with this id.
const WRONG: &str = "fw-wrong";

/// Draws the choice into its form, with what is chosen or typed, and what is wrong about it.
pub(super) fn draw(
    hub: &Hub<'_>,
    card: &Card,
    (want, chosen): (Want, Option<&str>),
    wrong: Option<&'static str>,
    form: &mut Element,
) {
    hidden(form, "want", want.name());
    let title = match want {
        Want::Plan => "plan_title",
        Want::Pause => "pause_title",
        _ => "code_title",
    };
    let heading = form.add("h4", "");
    heading.set("tabindex", "-1").text(hub.say.text(title));
    // What is wrong is said where it is.
    if wrong.is_none() {
        focus(heading);
    }
    choices(hub, card, (want, chosen), wrong, form);
    let actions = form.add("div", "actions");
    button(actions, "stay", "preview", hub.say.text("continue"));
    button(actions, "quiet", "back", hub.say.text("back")).set("formnovalidate", "");
}

fn choices(
    hub: &Hub<'_>,
    card: &Card,
    (want, chosen): (Want, Option<&str>),
    wrong: Option<&'static str>,
    form: &mut Element,
) {
    let say = &hub.say;
    match want {
        Want::Plan => {
            let question = group(say.text("plan_question"), wrong, form);
            for (at, (plan, _)) in card.ways.plans.iter().enumerate() {
                let price = plan.price.as_ref().map(|price| say.plan(price));
                let named = (plan.id.as_str(), plan.name.as_str(), price);
                pick(question, named, chosen == Some(&plan.id), wrong.is_some() && at == 0);
            }
        }
        Want::Pause => {
            if let Some(end) = card.holding.terms.as_ref().map(|terms| terms.current_period_end) {
                form.add("p", "").text(&say.day("pause_text", end));
            }
            let question = group(say.text("pause_question"), wrong, form);
            for (at, length) in card.ways.pauses.iter().enumerate() {
                let name = length_name(*length);
                let named = (name.as_str(), &*say.length(*length), None);
                pick(question, named, chosen == Some(&name), wrong.is_some() && at == 0);
            }
        }
        _ => {
            let field = form.add("label", "feedback");
            field.add("span", "").text(say.text("code_label"));
            let input = field.add("input", "text");
            input.set("name", "choice").set("maxlength", "100").set("required", "").set("dir", "auto");
            input.set("autocapitalize", "characters").set("spellcheck", "false");
            if let Some(typed) = chosen {
                input.set("value", typed);
            }
            if wrong.is_some() {
                focus(input).set("aria-invalid", "true").set("aria-describedby", WRONG);
            }
        }
    }
    if let Some(wrong) = wrong {
        form.add("p", "wrong").set("id", WRONG).text(say.text(sentence(wrong)));
    }
}

/// The sentence for what is wrong with a choice.
fn sentence(wrong: &str) -> &'static str {
    match wrong {
        "choose" => "wrong_choose",
        "missing" => "wrong_missing",
        "often" => "wrong_often",
        "unknown_coupon" => "wrong_unknown_coupon",
        "coupon_expired" => "wrong_coupon_expired",
        "coupon_used_up" => "wrong_coupon_used_up",
        "coupon_not_for_plan" => "wrong_coupon_not_for_plan",
        "coupon_not_for_customer" => "wrong_coupon_not_for_customer",
        "coupon_other_currency" => "wrong_coupon_other_currency",
        "coupon_applied" => "wrong_coupon_applied",
        "unknown_plan" => "wrong_unknown_plan",
        "plan_not_for_customer" => "wrong_plan_not_for_customer",
        "plan_other_currency" => "wrong_plan_other_currency",
        "same_plan" => "wrong_same_plan",
        _ => "not_now",
    }
}

/// A question with its choices.
fn group<'e>(question: &str, wrong: Option<&'static str>, form: &'e mut Element) -> &'e mut Element {
    let group = form.add("fieldset", "");
    if wrong.is_some() {
        group.set("aria-describedby", WRONG);
    }
    group.add("legend", "").text(question);
    group
}

fn pick(
    group: &mut Element,
    (value, label, more): (&str, &str, Option<String>),
    chosen: bool,
    focused: bool,
) {
    let label_of = group.add("div", "choice").add("label", "pick");
    let radio = label_of.add("input", "");
    radio.set("type", "radio").set("name", "choice").set("value", value).set("required", "");
    if chosen {
        radio.set("checked", "");
    }
    if focused {
        focus(radio);
    }
    let text = label_of.add("span", "");
    text.add("strong", "").text(label);
    if let Some(more) = more {
        text.add("span", "terms").text(&more);
    }
}
