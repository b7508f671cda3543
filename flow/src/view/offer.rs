use super::{View, back, button, hidden, step};
use crate::{Discount, Duration, Element, Flow, Offer, OfferKind, Policy, Word};

pub(super) fn view(flow: &Flow, policy: &Policy, offer: &Offer) -> View {
    let mut view = step("offer", flow.words.get(Word::OfferTitle));
    let form = &mut view.form;
    let card = form.add("div", "card");
    card.add("p", "headline").text(&offer.headline);
    if let Some(body) = &offer.body {
        card.add("p", "").text(body);
    }
    if let OfferKind::Discount(discount) = &offer.kind {
        terms(flow, discount, card);
    }
    hidden(form, "offer", &offer.id);
    let actions = form.add("div", "actions");
    if offer.kind != OfferKind::Other {
        button(flow, actions, "stay", "accept", Word::Accept);
    }
    button(flow, actions, "leave", "decline", Word::Decline);
    back(flow, policy, actions);
    view
}

/// What will be billed, when, and what it returns to.
fn terms(flow: &Flow, discount: &Discount, card: &mut Element) {
    let Some(preview) = &discount.preview else { return };
    let words = &flow.words;
    words.fill(card.add("p", "terms"), Word::OfferNext, Some(&preview.price), Some(&preview.at));
    let after = card.add("p", "terms");
    match &preview.returns_at {
        Some(at) => words.fill(after, Word::OfferReturns, Some(&preview.returns_to), Some(at)),
        None if discount.duration == Duration::Forever => {
            words.fill(after, Word::OfferStays, Some(&preview.price), None);
        }
        None => words.fill(after, Word::OfferOnce, Some(&preview.returns_to), None),
    }
}
