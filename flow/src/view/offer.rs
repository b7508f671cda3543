use super::{View, actions, back, button, step};
use crate::words::{date, price};
use crate::{Discount, Duration, Element, Flow, Offer, OfferKind, Policy, Word};

pub(super) fn view(flow: &Flow, policy: &Policy, offer: &Offer) -> View {
    let title = flow.words.get(Word::OfferTitle);
    let mut card = Element::class("div", "card").child(Element::class("p", "headline").text(&offer.headline));
    if let Some(body) = &offer.body {
        card = card.child(Element::new("p").text(body));
    }
    let mut buttons = Vec::new();
    if let OfferKind::Discount(discount) = &offer.kind {
        card = terms(flow, discount, card);
        buttons.push(button(flow, "stay", "accept", Word::Accept));
    }
    buttons.push(button(flow, "leave", "decline", Word::Decline));
    buttons.extend(back(flow, policy, None));
    let form = step("offer", title)
        .child(card)
        .child(Element::new("input").with("type", "hidden").with("name", "offer").with("value", &offer.id))
        .child(actions(buttons));

    View { step: "offer", name: title.into(), form }
}

/// What will be billed, when, and what it returns to.
fn terms(flow: &Flow, discount: &Discount, card: Element) -> Element {
    let Some(preview) = &discount.preview else { return card };
    let next = flow.words.fill(Word::OfferNext, &[price(&preview.price), date(&preview.at)]);
    let after = match (discount.duration, &preview.returns_at) {
        (Duration::Forever, _) => flow.words.fill(Word::OfferStays, &[price(&preview.price)]),
        (_, Some(at)) => flow.words.fill(Word::OfferReturns, &[price(&preview.returns_to), date(at)]),
        (_, None) => flow.words.fill(Word::OfferOnce, &[price(&preview.returns_to)]),
    };
    card.child(Element::class("p", "terms").nodes(next)).child(Element::class("p", "terms").nodes(after))
}
