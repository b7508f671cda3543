use super::{View, button, step};
use crate::{Effect, Element, Flow, Node, OfferKind, Outcome, Run, Word};

pub(super) fn view(flow: &Flow, run: &Run, full: bool) -> View {
    let words = &flow.words;
    let canceled = run.outcome == Some(Outcome::Canceled);
    let title = match run.effect {
        Some(Effect::Requested) if canceled => Word::RequestedTitle,
        _ if canceled => Word::CanceledTitle,
        None => Word::UnchangedTitle,
        Some(_) if run.accepted().is_some() => Word::SavedTitle,
        Some(_) => Word::UndoneTitle,
    };
    let mut view = step("receipt", words.get(title));
    let form = &mut view.form;
    let until = run.receipt.as_ref().and_then(|receipt| receipt.effective_at.as_ref()).filter(|_| canceled);
    if until.is_some() {
        words.fill(form.add("p", "lead"), Word::CanceledUntil, None, until);
    }
    let more = match run.effect {
        None => Some(Word::UnchangedText),
        Some(Effect::Requested) => Some(Word::RequestedText),
        Some(Effect::Pending) => Some(Word::PendingText),
        Some(Effect::Applied) => None,
    };
    if let Some(more) = more {
        form.add("p", "lead").text(words.get(more));
    }
    details(flow, run, form.add("dl", ""));
    let actions = form.add("div", "actions");
    button(flow, actions, "leave", "close", Word::Done);
    if run.can_be_undone() {
        button(flow, actions, "plain", "undo", Word::Undo);
    } else if !canceled {
        let verb = if full { "cancel" } else { "shown" };
        button(flow, actions, "plain", verb, Word::OpenAgain);
    }
    view
}

/// The proof, line by line. What is not known has no line.
fn details(flow: &Flow, run: &Run, list: &mut Element) {
    if let Some(plan) = &flow.subscription.plan {
        line(flow, list, Word::Plan).text(plan);
    }
    if let Some(offer) = run.accepted().and_then(|id| flow.offer(id)) {
        line(flow, list, Word::OfferTaken).text(&offer.headline);
        if let OfferKind::Discount(discount) = &offer.kind
            && let Some(preview) = &discount.preview
        {
            let next = line(flow, list, Word::NextCharge);
            flow.words.fill(next, Word::PriceOn, Some(&preview.price), Some(&preview.at));
        }
    }
    if let Some(receipt) = &run.receipt {
        if let Some(until) = &receipt.effective_at
            && run.outcome == Some(Outcome::Canceled)
        {
            line(flow, list, Word::EffectiveAt).children.push(Node::Date(until.clone()));
        }
        line(flow, list, Word::IssuedAt).children.push(Node::Moment(receipt.issued_at.clone()));
        line(flow, list, Word::Reference).text(&receipt.reference);
    }
}

/// Appends a line, and gives its empty value.
fn line<'a>(flow: &Flow, list: &'a mut Element, word: Word) -> &'a mut Element {
    let line = list.add("div", "");
    line.add("dt", "").text(flow.words.get(word));
    line.add("dd", "")
}
