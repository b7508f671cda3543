use super::{View, button, line, offer, step};
use crate::{Effect, Element, Flow, Node, Outcome, Run, Word};

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
        words.fill(form.add("p", "lead"), Word::CanceledUntil, until);
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
    if run.receipt.is_some() {
        // The page of the latest run's receipt, with nothing around it: to be printed and kept.
        let keep = form.add("p", "").add("a", "");
        keep.set("href", &[&flow.page.action, "/", &flow.page.handle, "/receipt"].concat());
        keep.set("target", "_blank").text(words.get(Word::SaveReceipt));
    }
    let link = run.accepted().and_then(|record| flow.offer(&record.id)).and_then(|offer| offer.link.as_ref());
    if let Some(link) = link {
        form.add("p", "").add("a", "lead-on").set("href", &link.url).text(&link.label);
    }
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
    if let Some(record) = run.accepted()
        && let Some(taken) = flow.offer(&record.id)
    {
        let value = line(flow, list, Word::OfferTaken);
        value.text(&taken.headline);
        offer::agreed(value, taken, record);
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
