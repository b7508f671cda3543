use flow::Element;
use url::Url;

use super::{Hub, Say, button, focus};
use crate::billing::PaymentMethod;
use crate::brand::Brand;

/// What is paid with, and the way to change that.
pub(in super::super) struct Payment {
    method: Option<PaymentMethod>,
    way: Option<Way>,
}

/// Where a customer says what to pay with.
enum Way {
    /// Billing makes a page for it when it is asked.
    Asked,
    /// It has made this one.
    Made(String),
    /// The merchant's own page.
    Merchant(Url),
}

impl Payment {
    /// None where there is nothing to be said of it. `made` is the page that billing has just made.
    pub(in super::super) fn of(
        method: Option<PaymentMethod>,
        brand: &Brand,
        makes_pages: bool,
        made: Option<String>,
    ) -> Option<Self> {
        let merchant = || brand.hub.payment_page.clone().map(Way::Merchant);
        let way = match made {
            Some(made) => Some(Way::Made(made)),
            None if makes_pages => Some(Way::Asked),
            None => merchant(),
        };
        (method.is_some() || way.is_some()).then_some(Self { method, way })
    }

    pub(super) fn draw(&self, hub: &Hub<'_>, card: &mut Element) {
        let say = &hub.say;
        card.add("h3", "headline").text(say.text("method"));
        if let Some(method) = &self.method {
            card.add("p", "lead standing").text(&named(say, method));
        }
        let Some(way) = &self.way else { return };
        let actions = card.add("div", "actions");
        match way {
            Way::Asked => {
                button(hub.form(actions, ""), "plain", "payment", say.text("update_method"));
            }
            Way::Made(url) => {
                focus(actions.add("a", "lead-on").set("href", url)).text(say.text("update_go"));
            }
            Way::Merchant(url) => {
                actions.add("a", "lead-on").set("href", url.as_str()).text(say.text("update_method"));
            }
        }
    }
}

/// What a payment method is called, and what else is known of it.
fn named(say: &Say, method: &PaymentMethod) -> String {
    let name = match &method.ends_in {
        Some(digits) => say.text("method_ends").replace("{digits}", digits),
        None => "{brand}".to_owned(),
    };
    let name = match method.expires {
        // As it is printed on cards everywhere.
        Some((year, month)) => say
            .text("method_expires")
            .replace("{method}", &name)
            .replace("{month}", &format!("{month:02}/{year}")),
        None => name,
    };
    name.replace("{brand}", &method.brand)
}
