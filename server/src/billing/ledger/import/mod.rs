//! Filling a ledger from a file.

mod address;
mod coupon;
mod file;
mod payment_method;
mod segment;
mod upsert;

use jiff::Timestamp;

pub use address::Address;
pub use coupon::Coupon;
pub use file::{Customer, Import, Interval, ManagedBy, Plan, Status, Subscription};
use file::{is_currency, moment};
pub use payment_method::PaymentMethod;
pub use segment::Segment;

use super::arrears;
use crate::store::{Error, Store};

/// How many rows of each kind a file named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Plans.
    pub plans: usize,
    /// Customers.
    pub customers: usize,
    /// Subscriptions.
    pub subscriptions: usize,
}

/// Why a file was not imported. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Something in the file is wrong.
    #[error("{}{message}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
    Wrong {
        /// Where, such as `customers[3].subscriptions[0].plan`. Empty when the file is no JSON at all.
        path: String,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl ImportError {
    fn wrong(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Wrong { path: path.into(), message: message.into() }
    }
}

impl Import {
    /// Reads a file and checks everything that can be known without the ledger.
    ///
    /// # Errors
    /// [`ImportError::Wrong`] names the first thing that is wrong.
    pub fn read(text: &str) -> Result<Self, ImportError> {
        file::read(text)
    }

    /// Puts the file's rows into a brand's ledger, all or nothing. Rows that are there, by their external id, are brought up to
    /// date: what the file does not mention keeps its value, so the same file twice changes nothing the second time.
    ///
    /// What was charged before is not changed. Where that is long ago, it is booked before anything else, and stays booked also when
    /// the file is refused.
    ///
    /// A subscription that is new and has no dates began a period of its plan ten days before `now`.
    ///
    /// # Errors
    /// [`ImportError::Wrong`] when a plan is nowhere, or a subscription is another customer's.
    pub async fn apply(self, store: &Store, brand: &str, now: Timestamp) -> Result<Imported, ImportError> {
        arrears::book_before_import(store, brand, now).await?;
        let brand = brand.to_owned();
        store.write(async move |tx| upsert::all(tx, &brand, &self, now).await).await
    }
}
