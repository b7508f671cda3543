use flow::Element;

use super::super::Want;
use super::{Card, Hub, choice, hidden, preview};
use crate::billing::Quote;

/// What a customer is at with one subscription.
pub(in super::super) enum Step {
    /// What exactly is wanted.
    Choice {
        /// What is wanted.
        want: Want,
        /// What is chosen or typed.
        choice: Option<String>,
        /// What is wrong about it: the key of a sentence.
        wrong: Option<&'static str>,
    },
    /// What it would mean.
    Preview {
        /// What is wanted.
        want: Want,
        /// What was chosen or typed.
        choice: Option<String>,
        /// What billing says of it.
        quote: Box<Quote>,
        /// The same, for the form by which the customer agrees.
        sealed: String,
        /// Whether the customer has agreed to something else.
        changed: bool,
    },
}

impl Step {
    pub(in super::super) fn choice(want: Want, choice: Option<String>, wrong: Option<&'static str>) -> Self {
        Self::Choice { want, choice, wrong }
    }

    pub(super) fn draw(&self, hub: &Hub<'_>, card: &Card, to: &mut Element) {
        let Some(subscription) = &card.holding.id else { return };
        let form = hub.form(to, "turn");
        hidden(form, "subscription", subscription);
        match self {
            Self::Choice { want, choice, wrong } => {
                choice::draw(hub, card, (*want, choice.as_deref()), *wrong, form);
            }
            Self::Preview { want, choice, quote, sealed, changed } => {
                preview::draw(hub, card, (*want, choice.as_deref()), quote, (sealed, *changed), form);
            }
        }
    }
}
