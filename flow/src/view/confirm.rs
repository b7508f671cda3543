use super::{View, actions, back, button, step};
use crate::words::{date, price};
use crate::{Element, Flow, Node, Notice, Policy, Response, Run, Word, notice};

pub(super) fn view(flow: &Flow, policy: &Policy, run: Option<&Run>) -> View {
    let words = &flow.words;
    let title = words.get(Word::ConfirmTitle);
    let mut form = step("confirm", title);
    if run.is_some_and(|run| run.offers.iter().any(|offer| offer.response == Response::Refused)) {
        form = form.child(notice(flow, Notice::OfferRefused, None));
    }
    if let (Some(plan), Some(cost)) = (&flow.subscription.plan, &flow.subscription.price) {
        let plan = words.fill(Word::ConfirmPlan, &[("plan", Node::Text(plan.clone())), price(cost)]);
        form = form.child(Element::class("p", "lead").nodes(plan));
    }
    let until = match &flow.cancellation.effective_at {
        Some(at) => words.fill(Word::ConfirmUntil, &[date(at)]),
        None => words.fill(Word::ConfirmNow, &[]),
    };
    form = form
        .child(
            Element::class("ul", "facts")
                .child(Element::new("li").nodes(until))
                .child(Element::new("li").text(words.get(Word::ConfirmNoCharge))),
        )
        .child(actions(
            [button(flow, "leave", "cancel", Word::Cancel), button(flow, "stay", "keep", Word::Keep)]
                .into_iter()
                .chain(back(flow, policy, run)),
        ));
    View { step: "confirm", name: title.into(), form }
}
