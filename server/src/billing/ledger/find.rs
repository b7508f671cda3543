//! From what a session request says to one subscription.

use jiff::Timestamp;
use sqlx::{Row as _, SqlitePool, sqlite::SqliteRow};

use super::subscription;
use crate::{
    billing::{Account, Customer, Lookup, LookupError, Snapshot},
    place::Place,
    store::Store,
};

/// A customer's row.
struct Found {
    id: i64,
    customer: Customer,
}

pub(super) async fn snapshot(
    store: &Store,
    brand: &str,
    lookup: &Lookup,
    now: Timestamp,
) -> Result<Snapshot, LookupError> {
    let db = store.read();
    let customer = match find_customer(db, brand, lookup).await? {
        Some(customer) => customer,
        None => owner(db, brand, lookup).await?,
    };
    let theirs = subscription::of_customer(db, customer.id).await.map_err(unavailable)?;
    let chosen = match &lookup.subscription {
        Some(id) => {
            let named = theirs
                .into_iter()
                .find(|row| row.external_id == *id)
                .ok_or(LookupError::UnknownSubscription)?;
            Some(named).filter(|row| row.can_be_canceled(now))
        }
        None => {
            let mut open: Vec<_> = theirs.into_iter().filter(|row| row.can_be_canceled(now)).collect();
            if open.len() > 1 {
                return Err(LookupError::SeveralSubscriptions(
                    open.into_iter().map(|row| row.external_id).collect(),
                ));
            }
            open.pop()
        }
    };
    let row = chosen.ok_or(LookupError::NothingToCancel)?;
    Ok(Snapshot {
        customer: customer.customer,
        discounts: subscription::discounts(db, row.id, now).await.map_err(unavailable)?,
        can: row.can(now),
        terms: Some(row.period(now).1),
        began_at: Some(row.created_at.min(row.current_period_start)),
        pause: row.pause(now),
        trial_ends_at: row.trial(now),
        subscription: Some(row.external_id),
    })
}

pub(super) async fn account(
    store: &Store,
    brand: &str,
    lookup: &Lookup,
    now: Timestamp,
) -> Result<Account, LookupError> {
    let db = store.read();
    let found = find_customer(db, brand, lookup).await?.ok_or(LookupError::NobodyNamed)?;
    let mut subscriptions = Vec::new();
    for row in subscription::of_customer(db, found.id).await.map_err(unavailable)? {
        let discounts = subscription::discounts(db, row.id, now).await.map_err(unavailable)?;
        subscriptions.push(row.holding(&discounts, now));
    }
    Ok(Account { customer: found.customer, subscriptions })
}

/// The customer whom id and e-mail address name. None when neither is given.
async fn find_customer(db: &SqlitePool, brand: &str, lookup: &Lookup) -> Result<Option<Found>, LookupError> {
    let by_id = match &lookup.customer {
        Some(id) => {
            let found = sqlx::query("SELECT * FROM ledger_customers WHERE brand = $1 AND external_id = $2")
                .bind(brand)
                .bind(id)
                .fetch_optional(db)
                .await
                .map_err(unavailable)?;
            match found {
                Some(row) => Some(row),
                None => Some(of_user(db, brand, id).await?),
            }
        }
        None => None,
    };
    let by_email = match &lookup.email {
        Some(email) => sqlx::query("SELECT * FROM ledger_customers WHERE brand = $1 AND lower(email) = $2")
            .bind(brand)
            .bind(email.trim().to_ascii_lowercase())
            .fetch_all(db)
            .await
            .map_err(unavailable)?,
        None => Vec::new(),
    };
    let row = match (by_id, by_email.as_slice()) {
        // An address that nobody has contradicts nobody: the merchant may know a newer one.
        (Some(row), []) => row,
        (Some(row), named) => {
            let id = id(&row)?;
            let mut agrees = false;
            for other in named {
                agrees |= self::id(other)? == id;
            }
            if !agrees {
                return Err(LookupError::DifferentCustomers);
            }
            row
        }
        (None, []) if lookup.email.is_some() => return Err(LookupError::UnknownCustomer),
        (None, []) => return Ok(None),
        (None, [row]) => return read(row).map(Some),
        (None, _) => return Err(LookupError::SeveralCustomers),
    };
    read(&row).map(Some)
}

/// The customer whom the merchant calls so.
async fn of_user(db: &SqlitePool, brand: &str, user: &str) -> Result<SqliteRow, LookupError> {
    let mut found =
        sqlx::query("SELECT * FROM ledger_customers WHERE brand = $1 AND user_id = $2 ORDER BY id LIMIT 2")
            .bind(brand)
            .bind(user)
            .fetch_all(db)
            .await
            .map_err(unavailable)?;
    if found.len() > 1 {
        return Err(LookupError::SeveralCustomers);
    }
    found.pop().ok_or(LookupError::UnknownCustomer)
}

/// The customer of the subscription that was named.
async fn owner(db: &SqlitePool, brand: &str, lookup: &Lookup) -> Result<Found, LookupError> {
    let named = lookup.subscription.as_ref().ok_or(LookupError::NobodyNamed)?;
    let row = subscription::named(db, brand, named)
        .await
        .map_err(unavailable)?
        .ok_or(LookupError::UnknownSubscription)?;
    let customer =
        sqlx::query("SELECT * FROM ledger_customers WHERE id = $1").bind(row.customer_id).fetch_one(db).await;
    read(&customer.map_err(unavailable)?)
}

fn read(row: &SqliteRow) -> Result<Found, LookupError> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column).map_err(unavailable);
    let region = text("region")?;
    Ok(Found {
        id: id(row)?,
        customer: Customer {
            id: row.try_get("external_id").map_err(unavailable)?,
            user_id: text("user_id")?,
            name: text("name")?,
            email: text("email")?,
            place: text("country")?.map(|country| Place { country, region }),
        },
    })
}

fn id(row: &SqliteRow) -> Result<i64, LookupError> {
    row.try_get("id").map_err(unavailable)
}

fn unavailable(error: sqlx::Error) -> LookupError {
    LookupError::Unavailable(error.to_string())
}
