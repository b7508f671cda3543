use super::{TITLE, View, back, button, hidden, step};
use crate::apply::next_offer;
use crate::{
    Action, Choice, Element, Flow, Offer, OfferKind, OfferRecord, Policy, State, Word, apply, words::fill,
};

pub(super) fn view(flow: &Flow, policy: &Policy, state: &State, offer: &Offer) -> View {
    let mut view = step("offer", flow.words.get(Word::OfferTitle));
    let form = &mut view.form;
    let card = form.add("div", "card");
    card.add("p", "headline").text(&offer.headline);
    if let Some(body) = &offer.body {
        card.add("p", "").text(body);
    }
    if let [only] = offer.choices.as_slice() {
        lines(card, only);
    } else if !offer.choices.is_empty() {
        choices(form, offer);
    }
    hidden(form, "claim_id", &offer.claim_id);
    let actions = form.add("div", "actions");
    if offer.kind != OfferKind::Other {
        // What makes somebody pay has a line of its own: its words cannot be shortened.
        let (class, word) =
            if offer.pays { ("stay pays", Word::AcceptAndPay) } else { ("stay", Word::Accept) };
        button(flow, actions, class, "accept", word);
    }
    if policy.direct {
        button(flow, actions, "leave", "cancel", Word::ClickToCancel);
    } else {
        button(flow, actions, "leave", "decline", Word::Decline);
    }
    if has_another(flow, policy, state, offer) {
        button(flow, actions, "quiet", "another", Word::Another);
    }
    back(flow, policy, actions);
    view
}

/// Whether another offer follows when this one is turned down.
fn has_another(flow: &Flow, policy: &Policy, state: &State, offer: &Offer) -> bool {
    let declined = Action::Decline { claim: offer.claim_id.clone(), another: false };
    apply(flow, policy, state, &declined).is_ok_and(|next| next_offer(flow, policy, &next).is_some())
}

/// The choices of an offer, none of them made beforehand. The browser asks for one when the offer is taken.
fn choices(form: &mut Element, offer: &Offer) {
    let list = form.add("fieldset", "");
    list.set("aria-labelledby", TITLE);
    for choice in &offer.choices {
        let pick = list.add("div", "choice").add("label", "pick");
        let radio = pick.add("input", "");
        radio.set("type", "radio").set("name", "choice").set("value", &choice.id).set("required", "");
        let text = pick.add("span", "");
        text.add("strong", "").text(&choice.label);
        lines(text, choice);
    }
}

/// What will be billed, when, and what it returns to.
fn lines(to: &mut Element, choice: &Choice) {
    for line in &choice.lines {
        fill(to.add("span", "terms"), &line.text, line.price.as_ref(), line.date.as_ref());
    }
}

/// What was agreed, on a receipt.
pub(super) fn agreed(to: &mut Element, offer: &Offer, record: &OfferRecord) {
    if let Some(choice) = offer.choice(record.choice.as_deref()) {
        lines(to, choice);
    }
}
