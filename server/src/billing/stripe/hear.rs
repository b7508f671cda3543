//! What becomes of what Stripe tells by webhook. It is a hint and no more: whatever waits for the customer is asked of Stripe now
//! instead of later.

use super::notice::{Notice, NoticeError};
use super::{Customers, path};
use crate::clock::{self, Clock};
use crate::intents::{Concerned, hasten};
use crate::secret::SecretText;
use crate::store::Error;

/// The kinds of events that are of use here. Others are taken and change nothing.
pub const EVENTS: [&str; 11] = [
    "checkout.session.completed",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_failed",
];

/// Whom Stripe tells something, by the secret that signs it.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Whose customers it is about: of one brand, in one environment.
    pub customers: Customers,
    /// What Stripe signs with, `whsec_…`.
    pub secret: SecretText,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Listeners(pub Vec<Listener>);

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was heard for the first time.
    Now,
    /// It was heard before.
    Before,
    /// It is of a kind that is of no use here.
    Ignored,
}

impl Listeners {
    /// What was signed, and whom it is for.
    ///
    /// # Errors
    /// Nobody is told so: it is not signed by any of the secrets, or not now, or is no event.
    pub fn read(&self, header: &str, body: &[u8], clock: &Clock) -> Result<(&Listener, Notice), NoticeError> {
        let mut why = NoticeError::NotSigned;
        for listener in &self.0 {
            match Notice::read(header, body, &listener.secret, clock.now()) {
                Ok(notice) => return Ok((listener, notice)),
                Err(NoticeError::NotSigned) => {}
                Err(other) => why = other,
            }
        }
        Err(why)
    }
}

impl Listener {
    /// The slug of the brand that is told.
    #[must_use]
    pub fn brand(&self) -> &str {
        &self.customers.brand
    }

    /// Does what an event asks for, once, in one transaction.
    ///
    /// # Errors
    /// The database fails. Then nothing has changed, and Stripe tells it again.
    pub async fn hear(&self, notice: Notice, clock: &Clock) -> Result<Heard, Error> {
        if !EVENTS.contains(&notice.kind.as_str()) && !notice.kind.starts_with("customer.subscription.") {
            return Ok(Heard::Ignored);
        }
        let (customers, now) = (self.customers.clone(), clock.now());
        let work = async move |tx: &mut crate::store::Tx| {
            let new = sqlx::query(
                "INSERT INTO stripe_events (id, brand, environment, received_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (id, brand, environment) DO NOTHING",
            )
            .bind(&notice.id)
            .bind(&customers.brand)
            .bind(customers.environment.name())
            .bind(clock::text(now))
            .execute(&mut *tx)
            .await?;
            if new.rows_affected() == 0 {
                return Ok(Heard::Before);
            }
            // What is no id of Stripe's is nobody's.
            let customer = notice.customer.as_deref().filter(|id| path("", id).is_some());
            let concerned = Concerned {
                brand: &customers.brand,
                environment: customers.environment,
                customer,
                subscription: notice.subscription.as_deref(),
            };
            hasten(tx, &concerned, now).await?;
            if let Some(id) = customer {
                customers.heard_of(tx, id, now).await?;
            }
            Ok(Heard::Now)
        };
        self.customers.store.write(work).await
    }
}
