use flow::Element;

use super::{Hub, Say, button, focus};
use crate::billing::{Invoice, InvoiceStatus};

/// What was to be paid, the latest first.
pub(in super::super) enum Invoices {
    /// These, and whether there are more.
    These {
        /// The latest.
        list: Vec<Invoice>,
        /// Whether there are earlier ones.
        more: bool,
    },
    /// Billing cannot say at the moment.
    Away,
}

impl Invoices {
    pub(super) fn draw(&self, hub: &Hub<'_>, card: &mut Element) {
        let say = &hub.say;
        let heading = card.add("h3", "headline");
        heading.text(say.text("invoices"));
        if hub.to_invoices {
            focus(heading.set("tabindex", "-1"));
        }
        let nothing = match self {
            Self::Away => Some("invoices_away"),
            Self::These { list, .. } if list.is_empty() => Some("invoices_none"),
            Self::These { .. } => None,
        };
        if let Some(why) = nothing {
            card.add("p", "lead standing").text(say.text(why));
        }
        let Self::These { list, more } = self else { return };
        if list.is_empty() {
            return;
        }
        let bills = card.add("ul", "bills");
        for invoice in list {
            bill(say, invoice, bills.add("li", ""));
        }
        if *more {
            let form = hub.form(card.add("div", "actions"), "");
            button(form, "plain", "invoices", say.text("invoices_all"));
        }
    }
}

fn bill(say: &Say, invoice: &Invoice, line: &mut Element) {
    line.add("span", "when").text(&say.date(invoice.at));
    let name = match &invoice.number {
        // A number is read from left to right in every language.
        Some(number) => say.text("invoice_number").replace("{number}", &format!("\u{2068}{number}\u{2069}")),
        None => say.text("invoice").to_owned(),
    };
    let number = line.add("span", "number");
    match &invoice.page {
        Some(page) => number.add("a", "").set("href", page.as_str()).text(&name),
        None => number.text(&name),
    };
    if let Some(pdf) = &invoice.pdf {
        number.text(" ");
        let file = number.add("a", "");
        // Its name begins with what stands there, for those who say it aloud.
        file.set("href", pdf.as_str()).set("aria-label", &format!("PDF, {name}")).text("PDF");
    }
    line.add("span", "total").text(&say.money(&invoice.total));
    line.add("span", "status").text(say.text(match invoice.status {
        InvoiceStatus::Paid => "invoice_paid",
        InvoiceStatus::Open => "invoice_open",
        InvoiceStatus::Uncollectible => "invoice_uncollectible",
        InvoiceStatus::Void => "invoice_void",
    }));
}
