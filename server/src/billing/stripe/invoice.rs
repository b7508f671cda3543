//! What a customer is asked to pay, and where they say with what.

use flow::Money;
use serde::Deserialize;
use url::Url;

use super::api::Form;
use super::holding::{counts_otherwise, moment};
use super::object::List;
use super::{Stripe, lookup_error, path};
use crate::billing::{self, InvoiceStatus, LookupError, PaymentMethod};

#[derive(Deserialize)]
struct Invoice {
    id: String,
    number: Option<String>,
    created: i64,
    total: i64,
    currency: String,
    status: Option<String>,
    hosted_invoice_url: Option<String>,
    invoice_pdf: Option<String>,
    subscription: Option<String>,
    /// Where it is since `2025-03-31.basil`.
    parent: Option<Parent>,
}

#[derive(Deserialize)]
struct Parent {
    subscription_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    subscription: Option<String>,
}

#[derive(Deserialize)]
struct Portal {
    url: String,
}

#[derive(Deserialize)]
struct Payer {
    invoice_settings: Option<Settings>,
}

#[derive(Deserialize)]
struct Settings {
    default_payment_method: Option<Method>,
}

#[derive(Deserialize)]
struct Method {
    #[serde(rename = "type")]
    kind: String,
    card: Option<Card>,
    sepa_debit: Option<Debit>,
}

#[derive(Deserialize)]
struct Card {
    brand: String,
    last4: String,
    exp_month: i8,
    exp_year: i16,
}

#[derive(Deserialize)]
struct Debit {
    last4: String,
}

impl Stripe {
    pub(super) async fn invoices_of(
        &self,
        customer: &str,
        most: usize,
    ) -> Result<Vec<billing::Invoice>, LookupError> {
        let query: Form =
            vec![("customer".into(), customer.into()), ("limit".into(), most.clamp(1, 100).to_string())];
        let page = self.api.get::<List<Invoice>>("v1/invoices", &query).await;
        let page = page.map_err(|failure| lookup_error(failure, LookupError::UnknownCustomer))?;
        Ok(page.data.into_iter().filter_map(Invoice::told).collect())
    }

    /// Stripe's own page to say what to pay with. It is for one visit.
    pub(super) async fn portal(&self, customer: &str, back: &Url) -> Result<Option<Url>, LookupError> {
        let form: Form = vec![
            ("customer".into(), customer.into()),
            ("return_url".into(), back.as_str().into()),
            ("flow_data[type]".into(), "payment_method_update".into()),
        ];
        let key = format!("portal:{}", uuid::Uuid::new_v4());
        let made = self.api.post::<Portal>("v1/billing_portal/sessions", &form, &key).await;
        let made = made.map_err(|failure| lookup_error(failure, LookupError::UnknownCustomer))?;
        Ok(page(&made.url))
    }

    /// What a customer pays with, where Stripe says.
    pub(super) async fn paid_with(&self, customer: &str) -> Result<Option<PaymentMethod>, LookupError> {
        let path = path("v1/customers", customer).ok_or(LookupError::UnknownCustomer)?;
        let expand: Form = vec![("expand[]".into(), "invoice_settings.default_payment_method".into())];
        let payer = self.api.get::<Payer>(&path, &expand).await;
        let payer = payer.map_err(|failure| lookup_error(failure, LookupError::UnknownCustomer))?;
        let method = payer.invoice_settings.and_then(|settings| settings.default_payment_method);
        Ok(method.map(|method| match (method.card, method.sepa_debit) {
            (Some(card), _) => PaymentMethod {
                brand: capital(&card.brand),
                ends_in: Some(card.last4),
                expires: Some((card.exp_year, card.exp_month)),
            },
            (None, Some(debit)) => {
                PaymentMethod { brand: "SEPA".into(), ends_in: Some(debit.last4), expires: None }
            }
            (None, None) => PaymentMethod { brand: capital(&method.kind), ends_in: None, expires: None },
        }))
    }
}

impl Invoice {
    /// None for one that nobody was asked to pay yet, or that cannot be read.
    fn told(self) -> Option<billing::Invoice> {
        if counts_otherwise(&self.currency) {
            return None;
        }
        let of_parent = || self.parent.and_then(|parent| parent.subscription_details?.subscription);
        Some(billing::Invoice {
            at: moment(self.created)?,
            total: Money { amount: self.total, currency: self.currency.to_ascii_uppercase() },
            status: match self.status.as_deref()? {
                "paid" => InvoiceStatus::Paid,
                "open" => InvoiceStatus::Open,
                "uncollectible" => InvoiceStatus::Uncollectible,
                "void" => InvoiceStatus::Void,
                _ => return None,
            },
            page: self.hosted_invoice_url.as_deref().and_then(page),
            pdf: self.invoice_pdf.as_deref().and_then(page),
            subscription: self.subscription.or_else(of_parent),
            id: self.id,
            number: self.number,
        })
    }
}

/// An address that a customer can be led to.
fn page(text: &str) -> Option<Url> {
    text.parse().ok().filter(|url: &Url| matches!(url.scheme(), "https" | "http"))
}

/// `visa` as people write it, and `us_bank_account` as words.
fn capital(text: &str) -> String {
    let mut words = text.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
