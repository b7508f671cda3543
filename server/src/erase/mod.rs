//! Erasing what is known of a customer (GDPR, Art. 17), in one transaction.
//!
//! What a law makes the merchant keep stays: a signed receipt as it is, since a part of it cannot be taken out without making
//! the rest worthless; and of a declaration on a public page its reference, date, kind, end and effect.
//!
//! Each erasure leaves a line that names nobody, so that a backup of before can be erased [again].

mod again;
mod line;
mod pending;
mod rows;

use std::collections::BTreeMap;

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock;
use crate::store::{Error, Store, Tx};

pub use again::again;
pub(crate) use line::{carry_over, read_lines};
pub use pending::Pending;

/// For how many years after the one it was issued in a receipt may be asked for: the regular limitation of claims in Germany
/// (§§ 195, 199 BGB), the longest of the places with a policy of their own.
const KEPT_YEARS: i64 = 3;

/// Whose data are erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The brand's slug.
    pub brand: String,
    /// The customer's id in billing.
    pub id: String,
}

/// How an erasure is done.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Nothing is changed; it is only found out what would be.
    pub dry_run: bool,
    /// Also what is still to be carried out or to be sent, which then never is.
    pub even_pending: bool,
}

/// What was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Erased {
    /// How many rows of each kind.
    pub counts: BTreeMap<&'static str, u64>,
    /// What is kept.
    pub kept: Vec<Kept>,
}

/// A signed receipt that is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Kept {
    /// Its reference.
    pub reference: String,
    /// When it was issued, RFC 3339.
    pub issued_at: String,
    /// Until when claims can be made with it, RFC 3339.
    pub until: String,
}

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// Something of the customer is still being done.
    #[error("{0}")]
    Pending(Pending),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// How work in a transaction ends without being kept.
enum Stop {
    /// It was a try.
    DryRun(Erased),
    Failed(EraseError),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

/// Erases what is known of a customer, and leaves a line of it.
///
/// # Errors
/// [`EraseError::Pending`] when something is still to be carried out or to be sent, unless that was asked for; or the database
/// fails. Then nothing has changed.
pub async fn erase(
    store: &Store,
    customer: &Customer,
    how: How,
    now: Timestamp,
) -> Result<Erased, EraseError> {
    let customer = customer.clone();
    let done = store.write(async move |tx| {
        let erased = in_transaction(tx, &customer, how, now).await?;
        line::write(tx, &customer, &erased, now).await?;
        if how.dry_run { Err(Stop::DryRun(erased)) } else { Ok(erased) }
    });
    settled(done.await)
}

/// Tells a try and a success alike.
fn settled(done: Result<Erased, Stop>) -> Result<Erased, EraseError> {
    match done {
        Ok(erased) | Err(Stop::DryRun(erased)) => Ok(erased),
        Err(Stop::Failed(error)) => Err(error),
    }
}

async fn in_transaction(tx: &mut Tx, customer: &Customer, how: How, now: Timestamp) -> Result<Erased, Stop> {
    let emails = rows::addresses(tx, customer).await?;
    let pending = Pending::of(tx, customer, &emails).await?;
    if pending.is_any() && !how.even_pending {
        return Err(Stop::Failed(EraseError::Pending(pending)));
    }
    let kept = receipts(tx, customer).await?;
    let counts = rows::remove(tx, customer, &emails, &clock::text(now)).await?;
    Ok(Erased { counts, kept })
}

async fn receipts(tx: &mut Tx, customer: &Customer) -> Result<Vec<Kept>, Error> {
    let issued: Vec<(String, String)> = sqlx::query_as(
        "SELECT reference, issued_at FROM receipts WHERE session IN \
         (SELECT id FROM sessions WHERE brand = $1 AND customer = $2) ORDER BY issued_at, reference",
    )
    .bind(&customer.brand)
    .bind(&customer.id)
    .fetch_all(tx)
    .await?;
    let kept = issued.into_iter().map(|(reference, issued_at)| {
        let until = kept_until(&issued_at)
            .ok_or_else(|| Error::Malformed(format!("the date of the receipt {reference}")))?;
        Ok(Kept { reference, issued_at, until })
    });
    kept.collect()
}

/// The end of the last year in which a receipt may be asked for.
fn kept_until(issued_at: &str) -> Option<String> {
    let year = clock::parse(issued_at).ok()?.to_zoned(TimeZone::UTC).year();
    let end = date(year, 1, 1).checked_add((KEPT_YEARS + 1).years()).ok()?;
    Some(clock::text(end.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_kept_for_three_years_after_its_own() {
        for issued_at in ["2026-01-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z"] {
            assert_eq!(kept_until(issued_at).as_deref(), Some("2030-01-01T00:00:00.000Z"));
        }
    }
}
