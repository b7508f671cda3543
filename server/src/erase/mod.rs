//! Erasing what is known of a customer (GDPR, Art. 17), in one transaction.
//!
//! What a law makes the merchant keep stays: a signed receipt as it is, since a part of it cannot be taken out without making
//! the rest worthless; and of a declaration on a public page its reference, date, kind, end and effect.
//!
//! Each erasure leaves a line that names nobody, so that a backup of before can be erased [again].

mod again;
mod line;
mod names;
mod pending;
mod rows;
mod traces;

use std::collections::BTreeMap;

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock;
use crate::config::Period;
use crate::store::{Error, Store, Tx};
use names::Names;
use traces::Traces;

pub use again::again;
pub(crate) use line::{carry_over, read_lines, was_erased};
pub use pending::Pending;

/// For how many years after the one it was issued in a receipt may be asked for: the regular limitation of claims in Germany
/// (§§ 195, 199 BGB), the longest of the places with a policy of their own.
const KEPT_YEARS: i64 = 3;

/// Whose data are erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The brand's slug.
    pub brand: String,
    /// The customer's id in billing or, where billing has nobody of that id, in the merchant's own system.
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

/// The names by which something of a customer was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Matched {
    /// The id in billing.
    pub customer: Option<String>,
    /// The merchant's own ids, where they are others.
    pub users: Vec<String>,
}

/// What was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Erased {
    /// Whose it was.
    pub matched: Matched,
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
    /// When its period is over, or claims can no longer be made with it, whichever is later. RFC 3339. None: never.
    pub until: Option<String>,
}

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// Something of the customer is still being done.
    #[error("{0}")]
    Pending(Pending),
    /// The merchant's own id is that of several customers in billing.
    #[error("Nothing was erased, since billing has several customers of this id: {}. Name each of them by that.", .0.join(", "))]
    Several(Vec<String>),
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

/// Erases what is known of a customer, and leaves a line of it. `receipts` is how long receipts are kept.
///
/// # Errors
/// [`EraseError::Pending`] when something is still to be carried out or to be sent, unless that was asked for;
/// [`EraseError::Several`]; or the database fails. Then nothing has changed.
pub async fn erase(
    store: &Store,
    customer: &Customer,
    how: How,
    receipts: Period,
    now: Timestamp,
) -> Result<Erased, EraseError> {
    let customer = customer.clone();
    let done = store.write(async move |tx| {
        let names = Names::of(tx, &customer).await?;
        let erased = in_transaction(tx, &names, how, receipts, now).await?;
        line::write(tx, &customer.id, &names, &erased, now).await?;
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

async fn in_transaction(
    tx: &mut Tx,
    names: &Names,
    how: How,
    receipts: Period,
    now: Timestamp,
) -> Result<Erased, Stop> {
    let traces = Traces::of(tx, names).await?;
    let pending = Pending::of(tx, names, &traces).await?;
    if pending.is_any() && !how.even_pending {
        return Err(Stop::Failed(EraseError::Pending(pending)));
    }
    let kept = kept(tx, &traces, receipts).await?;
    let counts = rows::remove(tx, names, &traces, &clock::text(now)).await?;
    Ok(Erased { matched: traces.matched, counts, kept })
}

async fn kept(tx: &mut Tx, traces: &Traces, receipts: Period) -> Result<Vec<Kept>, Error> {
    let mut kept = Vec::new();
    for session in &traces.sessions {
        let issued: Vec<(String, String)> =
            sqlx::query_as("SELECT reference, issued_at FROM receipts WHERE session = $1")
                .bind(session)
                .fetch_all(&mut *tx)
                .await?;
        for (reference, issued_at) in issued {
            let at = clock::parse(&issued_at)
                .map_err(|_| Error::Malformed(format!("the date of the receipt {reference}")))?;
            let until = kept_until(at, receipts).map(clock::text);
            kept.push(Kept { reference, issued_at, until });
        }
    }
    kept.sort_by(|one, other| (&one.issued_at, &one.reference).cmp(&(&other.issued_at, &other.reference)));
    Ok(kept)
}

/// When a receipt's period is over, and the last year in which it may be asked for. None: never.
fn kept_until(issued_at: Timestamp, receipts: Period) -> Option<Timestamp> {
    let year = issued_at.to_zoned(TimeZone::UTC).year();
    let claims = date(year, 1, 1).checked_add((KEPT_YEARS + 1).years()).ok()?;
    let claims = claims.to_zoned(TimeZone::UTC).ok()?.timestamp();
    receipts.end(issued_at).map(|end| end.max(claims))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn until(period: &str, issued_at: &str) -> Option<String> {
        let text = format!(
            "[server]\npublic_url = \"https://cancel.example.com\"\n[server.retention]\nreceipts = \"{period}\"\n\
             [[brand]]\nslug = \"acme\"\nsite_id = 1\nname = \"Acme\"\n"
        );
        let config = Config::read("farewell.toml", &text, Path::new("")).unwrap();
        kept_until(clock::parse(issued_at).unwrap(), config.server.retention.receipts).map(clock::text)
    }

    #[test]
    fn a_receipt_is_kept_for_three_years_after_its_own() {
        for issued_at in ["2026-01-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z"] {
            assert_eq!(until("3 years", issued_at).as_deref(), Some("2030-01-01T00:00:00.000Z"));
        }
    }

    #[test]
    fn a_receipt_is_kept_for_longer_where_the_configuration_says_so() {
        let issued_at = "2026-03-05T10:00:00.000Z";
        assert_eq!(until("7 years", issued_at).as_deref(), Some("2033-03-05T10:00:00.000Z"));
        assert_eq!(until("forever", issued_at), None);
    }
}
