//! What a change would mean, and the button that makes it.

use flow::{Element, Money};

use super::super::Want;
use super::{Card, Hub, Say, button, focus, hidden, row};
use crate::billing::{Change, Deal, PlanTerms, Quote};

/// Draws it into its form. `sealed` is what the form sends of it, `changed` says whether the customer has agreed to something else.
pub(super) fn draw(
    hub: &Hub<'_>,
    card: &Card,
    (want, choice): (Want, Option<&str>),
    quote: &Quote,
    (sealed, changed): (&str, bool),
    form: &mut Element,
) {
    let say = &hub.say;
    hidden(form, "quote", sealed);
    hidden(form, "want", want.name());
    if let Some(choice) = choice {
        hidden(form, "choice", choice);
    }
    let title = match want {
        Want::Plan => "plan_title",
        Want::Pause => "pause_title",
        Want::Resume if card.pauses_later(hub.now) => "keep_title",
        Want::Resume => "resume_title",
        Want::Renew => "renew_title",
        Want::Code => "code_title",
    };
    focus(form.add("h4", "").set("tabindex", "-1")).text(say.text(title));
    if changed {
        form.add("div", "notice").set("role", "alert").add("p", "").text(say.text("changed"));
    }
    meaning(say, choice, quote, form.add("dl", ""));
    let actions = form.add("div", "actions");
    button(actions, "stay", "confirm", &label(hub, card, want, quote));
    let back = if want.chooses() { want.name() } else { "back" };
    button(actions, "quiet", back, say.text("back"));
}

/// What a change means in money and time.
fn meaning(say: &Say, choice: Option<&str>, quote: &Quote, list: &mut Element) {
    match &quote.change {
        Change::Accept { deal: Deal::ChangePlan(plan), agreed, .. } => {
            new_plan(say, plan, list);
            if let Some(terms) = agreed {
                row(list, say.text("begins"), &say.date(terms.current_period_end));
            }
        }
        Change::Switch { plan, .. } => {
            new_plan(say, plan, list);
            row(list, say.text("begins"), say.text("at_once"));
        }
        Change::Accept { deal: Deal::Pause(_), agreed: Some(terms), .. } => {
            if let Some((_, until)) = &quote.next_payment {
                let span = say.between("span", terms.current_period_end, *until);
                row(list, say.text("pause_span"), &span);
            }
        }
        Change::Accept { .. } => {
            if let Some(code) = choice {
                row(list, say.text("code_label"), code);
            }
        }
        Change::Renew { .. } => {
            if let Some((from, to)) = quote.term {
                row(list, say.text("term"), &say.between("span", from, to));
            }
        }
        _ => {}
    }
    let nothing = || say.text("nothing").to_owned();
    let now = charged(quote).map_or_else(nothing, |money| say.money(money));
    row(list, say.text("due_now"), &now);
    if let Some(next) = &quote.next_payment {
        row(list, say.text("next"), &say.both("next_on", next));
    }
    if let Some(then) = &quote.then {
        row(list, say.text("then"), &say.both("then_from", then));
    }
}

fn new_plan(say: &Say, plan: &PlanTerms, list: &mut Element) {
    row(list, say.text("new_plan"), &plan.name);
    if let Some(price) = &plan.price {
        row(list, say.text("price"), &say.plan(price));
    }
}

/// What is charged at once, if anything is.
fn charged(quote: &Quote) -> Option<&Money> {
    quote.due_now.as_ref().filter(|money| money.amount > 0)
}

/// What the button says: what happens when it is pressed, and what that costs.
fn label(hub: &Hub<'_>, card: &Card, want: Want, quote: &Quote) -> String {
    let say = &hub.say;
    if let Some(money) = charged(quote) {
        let key = match want {
            Want::Plan => "pay_plan",
            Want::Resume => "pay_resume",
            Want::Renew => "pay_renew",
            Want::Pause | Want::Code => "pay",
        };
        return say.price(key, money);
    }
    match (want, &quote.change) {
        (Want::Plan, Change::Accept { agreed: Some(terms), .. }) => {
            say.day("go_plan", terms.current_period_end)
        }
        (Want::Plan, _) => say.text("go_plan_now").into(),
        (Want::Pause, Change::Accept { agreed: Some(terms), .. }) => {
            say.day("go_pause", terms.current_period_end)
        }
        (Want::Pause, _) => say.text("do_pause").into(),
        (Want::Resume, _) if card.pauses_later(hub.now) => say.text("do_keep").into(),
        (Want::Resume, _) => say.text("go_resume").into(),
        (Want::Renew, _) => match quote.term {
            Some((_, until)) => say.day("go_renew", until),
            None => say.text("do_renew").into(),
        },
        (Want::Code, _) => say.text("go_code").into(),
    }
}
