//! The built-in billing: customers, plans, subscriptions and discounts in the server's own database.
//!
//! Nobody is charged by it, but everything else is real: an accepted discount lowers the next payments, a cancellation ends the
//! subscription. It keeps no timer. What a subscription is at a moment follows from its row and the moment: paid periods follow one
//! another by themselves, and one that is to end is over when its time has come.

mod accept;
mod address;
mod arrears;
mod book;
mod campaign;
mod coupon;
mod customer;
mod execute;
mod find;
mod found;
mod import;
mod payment_method;
mod phase;
mod plan;
mod quote;
mod realm;
mod renew;
mod resume;
mod segment;
mod site;
mod subscription;
mod switch;
mod timeline;

use sqlx::Row as _;

pub use customer::{
    Address, Customer, Discount, Payment, PaymentMethod, Plan, ScheduledPhase, Subscription, customer,
};
pub use import::{Import, ImportError, Imported};
pub use site::{OpenCoupon, OpenPlan, OpenTo, Order};

use super::{
    Account, Answer, Billing, Instruction, Invoice, Lookup, LookupError, PlanTerms, Quote, QuoteError,
    Snapshot, Wanted,
};
use crate::{
    clock::Clock,
    session::Environment,
    store::{Error, Store},
};
use realm::Realm;

/// One brand's ledger, in one environment.
///
/// The sandbox has no customers of its own. It sees those of prod, and changes copies of them.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: Store,
    clock: Clock,
    realm: Realm,
}

impl Ledger {
    /// The ledger of the brand with this slug.
    #[must_use]
    pub fn new(store: Store, clock: Clock, brand: impl Into<String>, environment: Environment) -> Self {
        Self { store, clock, realm: Realm { brand: brand.into(), environment } }
    }
}

/// Forgets what was changed in a brand's sandbox: it sees what is in prod again. Gives how many customers it had copies of.
///
/// # Errors
/// The database does not take it; then nothing is forgotten.
pub async fn reset_sandbox(store: &Store, brand: &str) -> Result<u64, Error> {
    let brand = brand.to_owned();
    store.write(async move |tx| Ok(realm::reset(tx, &brand).await?)).await
}

#[async_trait::async_trait]
impl Billing for Ledger {
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        find::snapshot(&self.store, &self.realm, lookup, self.clock.now()).await
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        find::account(&self.store, &self.realm, lookup, self.clock.now()).await
    }

    async fn plans(&self, ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        let mut plans = Vec::new();
        for id in ids {
            let found = plan::named(self.store.read(), &self.realm.brand, id).await;
            let found = found.map_err(|error| LookupError::Unavailable(error.to_string()))?;
            plans.extend(found.map(|plan| plan.terms()));
        }
        Ok(Some(plans))
    }

    async fn quote(
        &self,
        customer: &str,
        subscription: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Quote, QuoteError> {
        self.look_ahead(customer, subscription, wanted).await
    }

    /// Nobody is charged by the ledger: what was due counts as paid.
    fn quotes(&self) -> bool {
        true
    }

    async fn invoices(&self, customer: &str, most: usize) -> Result<Vec<Invoice>, LookupError> {
        let found = find::invoices(&self.store, &self.realm, customer, most, self.clock.now()).await;
        found.map_err(|error| LookupError::Unavailable(error.to_string()))
    }

    /// A cancellation of what is already canceled is applied when it ends no later than the customer was told now.
    async fn execute(&self, key: &str, instruction: &Instruction) -> Answer {
        let (realm, key, instruction) = (self.realm.clone(), key.to_owned(), instruction.clone());
        let now = self.clock.now();
        if let Err(error) = arrears::book_before(&self.store, &realm, &instruction).await {
            return Answer::Unknown(error.to_string());
        }
        let done = self
            .store
            .write(async move |tx| execute::execute(tx, &realm, &key, &instruction, now).await)
            .await;
        done.unwrap_or_else(|error| Answer::Unknown(error.to_string()))
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Answer {
        let read = execute::read_back(self.store.read(), &self.realm, key, instruction).await;
        read.unwrap_or_else(|error| Answer::Unknown(error.to_string()))
    }
}

/// The day of the month of a moment.
fn day(moment: jiff::Timestamp) -> i8 {
    moment.to_zoned(jiff::tz::TimeZone::UTC).day()
}

/// A row's moment.
fn moment(row: &sqlx::sqlite::SqliteRow, column: &str) -> sqlx::Result<jiff::Timestamp> {
    read_moment(row.try_get(column)?, column)
}

/// A row's moment, where there may be none.
fn maybe_moment(row: &sqlx::sqlite::SqliteRow, column: &str) -> sqlx::Result<Option<jiff::Timestamp>> {
    row.try_get::<Option<&str>, _>(column)?.map(|text| read_moment(text, column)).transpose()
}

fn read_moment(text: &str, column: &str) -> sqlx::Result<jiff::Timestamp> {
    crate::clock::parse(text).map_err(|error| malformed(column, error))
}

fn malformed(column: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.into(), source: error.into() }
}
