//! Payments that a customer has to authenticate, with the bank or by another card.
//!
//! What an offer promises charges nobody now. A change that can charge now is asked for
//! with [`PENDING`], so that it takes effect with the payment or not at all, and its answer is read with [`Charged::of`]. Three things
//! follow from how Stripe does it:
//! - A request with [`PENDING`] takes no `metadata`. The note that a change was carried out is a request of its own, after the payment.
//! - The latest invoice has to be expanded, with [`EXPAND`].
//! - Asked again while a payment waits, Stripe would make another change. Whoever carries it out looks at the subscription first, and
//!   asks again only where [`Charged::of`] it says [`Charged::Paid`] and what is wanted is not there.

use serde::Deserialize;
use url::Url;

use crate::billing::Authentication;

/// What a change that can charge now is sent with.
pub(super) const PENDING: (&str, &str) = ("payment_behavior", "pending_if_incomplete");
/// What its answer, and a subscription that is looked at for this, have to have in them.
pub(super) const EXPAND: [&str; 2] = ["latest_invoice.confirmation_secret", "latest_invoice.payments"];

/// What became of the payment of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Charged {
    /// Nothing waits: it was paid, or there was nothing to pay.
    Paid,
    /// The customer has to authenticate it. What was asked for has not happened.
    Authenticate(Authentication),
    /// The card was declined, and is to be replaced. What was asked for has not happened.
    Declined(Authentication),
}

/// A subscription, as far as its payment goes.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Payment {
    status: String,
    /// A change that waits for its payment. What is in it is of no interest: it has not happened.
    pending_update: Option<super::object::Any>,
    latest_invoice: Option<Invoice>,
}

/// An invoice, or its id where it was not expanded.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Invoice {
    Whole(Box<Whole>),
    Id(#[expect(dead_code, reason = "an id alone says nothing of the payment")] String),
}

#[derive(Clone, Debug, Deserialize)]
struct Whole {
    status: Option<String>,
    hosted_invoice_url: Option<String>,
    /// Of the version `2025-03-31.basil` and later.
    confirmation_secret: Option<Secret>,
    payments: Option<super::object::List<InvoicePayment>>,
    /// Of versions before.
    payment_intent: Option<Intent>,
}

#[derive(Clone, Debug, Deserialize)]
struct Secret {
    client_secret: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct InvoicePayment {
    payment: Paying,
}

#[derive(Clone, Debug, Deserialize)]
struct Paying {
    payment_intent: Option<Intent>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Intent {
    Id(String),
    Whole { id: String, status: Option<String> },
}

impl Payment {
    /// Whether a change waits for its payment.
    pub(super) fn waits(&self) -> bool {
        self.pending_update.is_some()
    }
}

impl Charged {
    /// What became of the payment, by the subscription that Stripe answered with, or that was looked at since.
    pub(super) fn of(payment: &Payment) -> Self {
        let waits = payment.pending_update.is_some()
            || matches!(payment.status.as_str(), "incomplete" | "past_due" | "unpaid");
        if !waits {
            return Self::Paid;
        }
        let Some(Invoice::Whole(invoice)) = &payment.latest_invoice else {
            return Self::Authenticate(Authentication::default());
        };
        let authentication = invoice.authentication();
        match (invoice.status.as_deref(), invoice.intent_status()) {
            // Overdue for an earlier invoice, and this one is paid.
            (Some("paid"), _) if payment.pending_update.is_none() => Self::Paid,
            (_, Some("requires_payment_method")) => Self::Declined(authentication),
            _ => Self::Authenticate(authentication),
        }
    }

    /// What an error of Stripe's says of a payment. None where it is about something else. Nothing was changed then.
    pub(super) fn of_refusal(code: &str) -> Option<Self> {
        let none = Authentication::default;
        match code {
            "authentication_required"
            | "subscription_payment_intent_requires_action"
            | "invoice_payment_intent_requires_action" => Some(Self::Authenticate(none())),
            "card_declined" | "expired_card" | "incorrect_cvc" | "insufficient_funds" => {
                Some(Self::Declined(none()))
            }
            _ => None,
        }
    }
}

impl Whole {
    fn intent(&self) -> Option<&Intent> {
        let paying = || self.payments.iter().flat_map(|list| &list.data).rev();
        self.payment_intent.as_ref().or_else(|| paying().find_map(|one| one.payment.payment_intent.as_ref()))
    }

    fn intent_status(&self) -> Option<&str> {
        match self.intent()? {
            Intent::Whole { status, .. } => status.as_deref(),
            Intent::Id(_) => None,
        }
    }

    fn authentication(&self) -> Authentication {
        let intent = self.intent().map(|intent| match intent {
            Intent::Id(id) | Intent::Whole { id, .. } => id.clone(),
        });
        // `pi_…_secret_…`: what stands before is the id, and the secret itself is for the customer's page alone.
        let of_secret = || {
            let secret = self.confirmation_secret.as_ref()?.client_secret.as_deref()?;
            Some(secret.split_once("_secret_")?.0.to_owned()).filter(|id| id.starts_with("pi_"))
        };
        let link = self.hosted_invoice_url.as_deref().and_then(|url| Url::parse(url).ok());
        Authentication {
            payment_intent: intent.or_else(of_secret),
            link: link.filter(|url| url.scheme() == "https"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(payment: Value) -> Charged {
        Charged::of(&serde_json::from_value(payment).expect("a subscription"))
    }

    const PAGE: &str = "https://invoice.stripe.com/i/acct_1/live_1";

    fn authentication() -> Authentication {
        Authentication { payment_intent: Some("pi_1".into()), link: PAGE.parse().ok() }
    }

    #[test]
    fn what_waits_for_its_payment_is_not_done() {
        let waits = json!({
            "status": "active", "pending_update": { "expires_at": 1 },
            "latest_invoice": {
                "id": "in_1", "status": "open", "hosted_invoice_url": PAGE,
                "confirmation_secret": { "client_secret": "pi_1_secret_x", "type": "payment_intent" },
            },
        });
        assert_eq!(of(waits), Charged::Authenticate(authentication()));
        let declined = json!({ "id": "pi_1", "status": "requires_payment_method" });
        for (status, invoice) in [
            ("past_due", json!({ "payment_intent": declined })),
            (
                "incomplete",
                json!({ "payments": { "data": [{ "payment": { "payment_intent": declined } }] } }),
            ),
        ] {
            let mut invoice = invoice;
            invoice["hosted_invoice_url"] = PAGE.into();
            let told = json!({ "status": status, "pending_update": null, "latest_invoice": invoice });
            assert_eq!(of(told), Charged::Declined(authentication()), "{status}");
        }
        // Nobody knows how, and nobody says that it is done.
        let unexpanded = json!({ "status": "past_due", "pending_update": null, "latest_invoice": "in_1" });
        assert_eq!(of(unexpanded), Charged::Authenticate(Authentication::default()));
    }

    #[test]
    fn what_is_paid_waits_for_nothing() {
        for (status, invoice) in [
            ("active", json!(null)),
            ("active", json!({ "status": "paid" })),
            ("trialing", json!("in_1")),
            ("past_due", json!({ "status": "paid" })),
        ] {
            assert_eq!(of(json!({ "status": status, "latest_invoice": invoice })), Charged::Paid, "{status}");
        }
    }

    #[test]
    fn a_link_that_is_no_page_is_not_shown() {
        let told = json!({ "status": "past_due", "latest_invoice": { "hosted_invoice_url": "javascript:alert(1)" } });
        assert_eq!(of(told), Charged::Authenticate(Authentication::default()));
    }

    #[test]
    fn errors_about_payments_are_told_apart() {
        let code = |code| Charged::of_refusal(code).map(|charged| matches!(charged, Charged::Declined(_)));
        assert_eq!(code("card_declined"), Some(true));
        assert_eq!(code("subscription_payment_intent_requires_action"), Some(false));
        assert_eq!(code("authentication_required"), Some(false));
        assert_eq!(code("resource_missing"), None);
        assert_eq!(PENDING.1, "pending_if_incomplete");
        assert!(EXPAND.iter().all(|name| name.starts_with("latest_invoice.")));
    }
}
