//! How the hub looks: a card for each subscription, and below them what is paid with and what was paid. Everything in it is text:
//! whoever shows it formats nothing.

mod card;
mod choice;
mod fate;
mod invoices;
mod payment;
mod preview;
mod say;
mod step;

use flow::Element;
use jiff::Timestamp;

use super::Want;
use crate::billing::LookupError;
use crate::brand::Brand;
use crate::config::Server;
use crate::locale;
use say::Say;

pub(super) use card::{Card, Way};
pub(super) use fate::Fate;
pub(super) use invoices::Invoices;
pub(super) use payment::Payment;
pub(super) use step::Step;

/// Where the hub is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface<'a> {
    /// In a merchant's page, by its script, which sends the forms. The address is that of the page, as it says.
    Script {
        /// The page's address, unchecked.
        page: Option<&'a str>,
    },
    /// As a page of this server, with this handle.
    Page {
        /// The handle.
        handle: &'a str,
    },
}

impl<'a> Surface<'a> {
    /// Where the hub is a page of this server: the page's address.
    pub(super) fn address(self, server: &Server) -> Option<String> {
        match self {
            Self::Script { .. } => None,
            Self::Page { handle } => Some(format!("{}/c/{handle}", server.pages_url())),
        }
    }

    /// The address that a merchant's page has named.
    pub(super) fn page(self) -> Option<&'a str> {
        match self {
            Self::Script { page } => page,
            Self::Page { .. } => None,
        }
    }
}

/// All there is to be drawn.
pub(super) struct Hub<'a> {
    pub(super) cards: Vec<Card>,
    pub(super) payment: Option<Payment>,
    pub(super) invoices: Option<Invoices>,
    /// What has just happened.
    pub(super) fate: Option<Fate>,
    /// What a customer who comes back wanted, of which subscription.
    pub(super) from: Option<(String, Want)>,
    /// Whether the customer has asked for all invoices.
    pub(super) to_invoices: bool,
    brand: &'a Brand,
    locale: &'a str,
    surface: Surface<'a>,
    action: String,
    say: Say,
    now: Timestamp,
}

impl<'a> Hub<'a> {
    pub(super) fn new(
        brand: &'a Brand,
        locale: &'a str,
        surface: Surface<'a>,
        server: &Server,
        now: Timestamp,
    ) -> Self {
        Self {
            now,
            cards: Vec::new(),
            payment: None,
            invoices: None,
            fate: None,
            from: None,
            to_invoices: false,
            brand,
            locale,
            surface,
            action: format!("{}/c", server.pages_url()),
            say: Say::new(locale, &brand.time_zone),
        }
    }

    /// What it is called.
    pub(super) fn title(&self) -> &'static str {
        self.say.text(if self.cards.len() > 1 { "title_several" } else { "title" })
    }

    /// The card of a subscription.
    pub(super) fn card(&mut self, subscription: &str) -> Result<&mut Card, LookupError> {
        let is_it = |card: &&mut Card| card.holding.id.as_deref() == Some(subscription);
        self.cards.iter_mut().find(is_it).ok_or(LookupError::UnknownSubscription)
    }

    /// A form of the hub.
    fn form<'e>(&self, to: &'e mut Element, class: &str) -> &'e mut Element {
        let form = to.add("form", class);
        form.set("method", "post").set("action", &self.action).set("autocomplete", "off");
        if let Surface::Page { handle } = self.surface {
            hidden(form, "hub", handle);
        }
        form
    }

    /// A form that opens the retention flow: as a page by itself, in the page where a script is there.
    fn flow<'e>(&self, to: &'e mut Element, session: &str) -> &'e mut Element {
        let form = to.add("form", "");
        form.set("method", "post").set("action", &self.action);
        hidden(form, "session", session);
        form
    }
}

/// Draws the hub.
pub(super) fn draw(hub: &Hub<'_>) -> Element {
    let mut section = Element::new("section", "step hub");
    section.set("lang", hub.locale).set("dir", if locale::is_rtl(hub.locale) { "rtl" } else { "ltr" });
    section.add("h2", "").text(hub.title());
    if let Surface::Script { .. } = hub.surface {
        fate::trouble(hub, &mut section);
    }
    if let Some(fate) = &hub.fate {
        fate.draw(hub, &mut section);
    }
    if hub.cards.is_empty() {
        section.add("p", "lead").text(hub.say.text("empty"));
    }
    for card in &hub.cards {
        card.draw(hub, section.add("article", "card"));
    }
    if let Some(payment) = &hub.payment {
        payment.draw(hub, section.add("article", "card"));
    }
    if let Some(invoices) = &hub.invoices {
        invoices.draw(hub, section.add("article", "card"));
    }
    section
}

/// Lets the focus go here once it is drawn.
fn focus(element: &mut Element) -> &mut Element {
    element.set("autofocus", "")
}

fn hidden(form: &mut Element, name: &str, value: &str) {
    form.add("input", "").set("type", "hidden").set("name", name).set("value", value);
}

fn button<'e>(to: &'e mut Element, class: &str, verb: &str, label: &str) -> &'e mut Element {
    let button = to.add("button", class);
    button.set("name", "do").set("value", verb).text(label);
    button
}

fn row(list: &mut Element, label: &str, value: &str) {
    let row = list.add("div", "");
    row.add("dt", "").text(label);
    row.add("dd", "").text(value);
}
