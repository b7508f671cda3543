use super::{View, back, button, declaration, step};
use crate::{Flow, Node, Notice, Policy, Response, Run, Word, notice};

pub(super) fn view(flow: &Flow, policy: &Policy, run: Option<&Run>) -> View {
    let words = &flow.words;
    let mut view = step("confirm", words.get(Word::ConfirmTitle));
    let form = &mut view.form;
    if run.is_some_and(|run| run.offers.iter().any(|offer| offer.response == Response::Refused)) {
        form.children.push(Node::Element(notice(flow, Notice::OfferRefused, None)));
    }
    if let (true, Some(run)) = (policy.declares, run) {
        // What the law lets a customer say, and nothing else: no way to stay, nothing about money.
        let list = form.add("dl", "");
        declaration::known(flow, list);
        if policy.recap {
            declaration::repeated(flow, &run.declared, list);
        } else {
            declaration::fields(flow, &run.declared, form);
        }
        let actions = form.add("div", "actions");
        button(flow, actions, "leave", "cancel", Word::Cancel);
        back(flow, policy, actions);
        return view;
    }
    if let (Some(plan), Some(price)) = (&flow.subscription.plan, &flow.subscription.price) {
        let line = form.add("p", "lead");
        line.add("strong", "").text(plan);
        line.text(" · ").children.push(Node::Money(price.clone()));
    }
    let facts = form.add("ul", "facts");
    let until = flow.cancellation.effective_at.as_ref();
    let word = if until.is_some() { Word::ConfirmUntil } else { Word::ConfirmNow };
    words.fill(facts.add("li", ""), word, until);
    facts.add("li", "").text(words.get(Word::ConfirmNoCharge));
    let actions = form.add("div", "actions");
    button(flow, actions, "leave", "cancel", Word::Cancel);
    button(flow, actions, "stay", "keep", Word::Keep);
    back(flow, policy, actions);
    view
}
