//! What a customer paid, and with what.

use flow::Money;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::object::Customer;
use super::value::{self, Id};
use crate::billing::{Invoice, InvoiceStatus, LookupError, PaymentMethod};

/// An invoice, as it is in the customer.
#[derive(Deserialize)]
struct Written {
    id: Id,
    number: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    total: Option<i64>,
    #[serde(default, deserialize_with = "value::number")]
    amount_due: Option<i64>,
    currency: Option<String>,
    status: Option<String>,
    #[serde(default, deserialize_with = "value::moment")]
    created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "value::moment")]
    created: Option<Timestamp>,
    subscription_id: Option<Id>,
    hosted_invoice_url: Option<String>,
    invoice_pdf: Option<String>,
}

/// A customer's invoices, the latest first.
///
/// # Errors
/// One of them is not as documented. An invoice that is left out would look paid, or never made.
pub(super) fn all(customer: &Customer, most: usize) -> Result<Vec<Invoice>, LookupError> {
    let read = |value: &Value| Written::deserialize(value).ok().and_then(Written::read);
    let all: Option<Vec<Invoice>> = customer.invoices.iter().map(read).collect();
    let mut all =
        all.ok_or_else(|| LookupError::Unavailable("one of Pelcro's invoices is not as documented".into()))?;
    all.sort_by_key(|invoice| std::cmp::Reverse(invoice.at));
    all.truncate(most);
    Ok(all)
}

impl Written {
    fn read(self) -> Option<Invoice> {
        let status = match self.status.as_deref()? {
            "paid" => InvoiceStatus::Paid,
            "open" | "draft" | "pending" | "past_due" => InvoiceStatus::Open,
            "uncollectible" => InvoiceStatus::Uncollectible,
            "void" | "voided" => InvoiceStatus::Void,
            _ => return None,
        };
        Some(Invoice {
            id: self.id.0,
            number: self.number,
            at: self.created_at.or(self.created)?,
            subscription: self.subscription_id.map(|id| id.0),
            total: Money {
                amount: self.total.or(self.amount_due)?,
                currency: self.currency?.to_ascii_uppercase(),
            },
            status,
            page: self.hosted_invoice_url.and_then(page),
            pdf: self.invoice_pdf.and_then(page),
        })
    }
}

/// A page that a link may lead to.
fn page(address: String) -> Option<Url> {
    Url::parse(&address).ok().filter(|url| url.scheme() == "https")
}

/// What may be shown of a customer's `source`. None where it does not say what it is.
pub(super) fn payment_method(source: &Value) -> Option<PaymentMethod> {
    let told = &source["properties"];
    let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
    let year = number(&told["exp_year"]).and_then(|year| i16::try_from(year).ok());
    let month = number(&told["exp_month"]).and_then(|month| i8::try_from(month).ok());
    Some(PaymentMethod {
        brand: told["brand"].as_str()?.into(),
        ends_in: told["last4"].as_str().map(Into::into),
        expires: year.zip(month.filter(|month| (1..=12).contains(month))),
    })
}
