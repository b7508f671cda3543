use super::{View, actions, button, step};
use crate::words::{date, price};
use crate::{Effect, Element, Flow, Instant, Node, OfferKind, Outcome, Run, State, Word};

pub(super) fn view(flow: &Flow, state: &State, run: &Run) -> View {
    let words = &flow.words;
    let canceled = run.outcome == Some(Outcome::Canceled);
    let (title, text) = match (run.outcome, run.effect) {
        (Some(Outcome::Canceled), Some(Effect::Requested)) => {
            (Word::RequestedTitle, Some(Word::RequestedText))
        }
        (Some(Outcome::Canceled), Some(Effect::Pending)) => (Word::CanceledTitle, Some(Word::PendingText)),
        (Some(Outcome::Canceled), _) => (Word::CanceledTitle, None),
        (_, Some(effect)) => {
            let title = if run.accepted().is_some() { Word::SavedTitle } else { Word::UndoneTitle };
            let text = match effect {
                Effect::Applied => None,
                Effect::Requested => Some(Word::RequestedText),
                Effect::Pending => Some(Word::PendingText),
            };
            (title, text)
        }
        (_, None) => (Word::UnchangedTitle, Some(Word::UnchangedText)),
    };
    let title = words.get(title);
    let mut form = step(if canceled { "receipt canceled" } else { "receipt" }, title);
    if let Some(until) = effective(run).filter(|_| canceled) {
        form = form.child(Element::class("p", "lead").nodes(words.fill(Word::CanceledUntil, &[date(until)])));
    }
    if let Some(text) = text {
        form = form.child(Element::class("p", "lead").text(words.get(text)));
    }
    form = form.child(details(flow, run));
    let mut buttons = vec![button(flow, "leave", "close", Word::Done)];
    if canceled {
        if run.can_be_undone() {
            buttons.push(button(flow, "plain", "undo", Word::Undo));
        }
    } else if state.open_run().is_none() {
        buttons.push(button(flow, "plain", "shown", Word::OpenAgain));
    }
    View { step: "receipt", name: title.into(), form: form.child(actions(buttons)) }
}

fn effective(run: &Run) -> Option<&Instant> {
    run.receipt.as_ref().and_then(|receipt| receipt.effective_at.as_ref())
}

/// The proof, line by line. Empty lines are left out.
fn details(flow: &Flow, run: &Run) -> Element {
    let mut list = Element::new("dl");
    let mut line = |word: Word, nodes: Vec<Node>| {
        let list_now = std::mem::replace(&mut list, Element::new("dl"));
        list = list_now.child(
            Element::new("div")
                .child(Element::new("dt").text(flow.words.get(word)))
                .child(Element::new("dd").nodes(nodes)),
        );
    };
    if let Some(plan) = &flow.subscription.plan {
        line(Word::Plan, vec![Node::Text(plan.clone())]);
    }
    if let Some(offer) = run.accepted().and_then(|id| flow.offer(id)) {
        line(Word::OfferTaken, vec![Node::Text(offer.headline.clone())]);
        if let OfferKind::Discount(discount) = &offer.kind
            && let Some(preview) = &discount.preview
        {
            let next = flow.words.fill(Word::PriceOn, &[price(&preview.price), date(&preview.at)]);
            line(Word::NextCharge, next);
        }
    }
    if let Some(until) = effective(run).filter(|_| run.outcome == Some(Outcome::Canceled)) {
        line(Word::EffectiveAt, vec![Node::Date(until.clone())]);
    }
    if let Some(receipt) = &run.receipt {
        line(Word::IssuedAt, vec![Node::Moment(receipt.issued_at.clone())]);
        line(Word::Reference, vec![Node::Text(receipt.reference.clone())]);
    }
    list
}
