//! From what a session request says to one subscription.

use flow::Money;
use jiff::Timestamp;
use sqlx::Connection as _;

use super::found::{self, Found};
use super::realm::{Realm, seen_by};
use super::{book, payment_method, subscription};
use crate::{
    billing::{Account, Invoice, InvoiceStatus, Lookup, LookupError, PaymentMethod, Snapshot},
    store::Store,
};

pub(super) async fn snapshot(
    store: &Store,
    realm: &Realm,
    lookup: &Lookup,
    now: Timestamp,
) -> Result<Snapshot, LookupError> {
    let Found { customer, subscriptions, .. } = find(store, realm, lookup, now).await?;
    let chosen = match &lookup.subscription {
        Some(id) => {
            let named = subscriptions
                .into_iter()
                .find(|(row, _)| row.external_id == *id)
                .ok_or(LookupError::UnknownSubscription)?;
            Some(named).filter(|(row, _)| row.can_be_canceled(now))
        }
        None => {
            let mut open: Vec<_> =
                subscriptions.into_iter().filter(|(row, _)| row.can_be_canceled(now)).collect();
            if open.len() > 1 {
                return Err(LookupError::SeveralSubscriptions(
                    open.into_iter().map(|(row, _)| row.external_id).collect(),
                ));
            }
            open.pop()
        }
    };
    let (row, discounts) = chosen.ok_or(LookupError::NothingToCancel)?;
    Ok(Snapshot {
        customer,
        discounts,
        can: row.can(now),
        terms: Some(row.period(now).1),
        began_at: Some(row.created_at.min(row.current_period_start)),
        pause: row.pause(now),
        trial_ends_at: row.trial(now),
        withheld: Vec::new(),
        subscription: Some(row.external_id),
    })
}

pub(super) async fn account(
    store: &Store,
    realm: &Realm,
    lookup: &Lookup,
    now: Timestamp,
) -> Result<Account, LookupError> {
    // A subscription that is named is passed over.
    let lookup = &Lookup { subscription: None, ..lookup.clone() };
    let Found { customer, subscriptions, .. } = find(store, realm, lookup, now).await?;
    let subscriptions =
        subscriptions.into_iter().map(|(row, discounts)| row.holding(&discounts, now)).collect();
    let payment_method = paid_with(store, realm, &customer.id).await;
    let payment_method = payment_method.map_err(|error| LookupError::Unavailable(error.to_string()))?;
    Ok(Account { customer, subscriptions, payment_method })
}

async fn paid_with(store: &Store, realm: &Realm, customer: &str) -> sqlx::Result<Option<PaymentMethod>> {
    payment_method::shown(&mut *store.read().acquire().await?, realm, customer).await
}

/// A customer's invoices, the latest first.
pub(super) async fn invoices(
    store: &Store,
    realm: &Realm,
    customer: &str,
    most: usize,
    now: Timestamp,
) -> sqlx::Result<Vec<Invoice>> {
    let mut connection = store.read().acquire().await?;
    let mut tx = connection.begin().await?;
    let rows = subscription::seen_of(&mut *tx, realm, customer).await?;
    let mut invoices = Vec::new();
    for row in rows {
        let charges = book::charges(&mut tx, &row, now, most).await?;
        invoices.extend(charges.into_iter().map(|charge| Invoice {
            id: charge.number.clone(),
            number: Some(charge.number),
            at: charge.at,
            subscription: Some(row.external_id.clone()),
            total: Money { amount: charge.total, currency: charge.currency },
            status: InvoiceStatus::Paid,
            page: None,
            pdf: None,
        }));
    }
    invoices.sort_by_key(|invoice| std::cmp::Reverse(invoice.at));
    invoices.truncate(most);
    Ok(invoices)
}

/// The customer whom a lookup names, by the ledger's id or, where it has none of that, by the merchant's own.
async fn find(store: &Store, realm: &Realm, lookup: &Lookup, now: Timestamp) -> Result<Found, LookupError> {
    match (by_own_id(store, realm, lookup, now).await, &lookup.customer) {
        (Err(LookupError::UnknownCustomer), Some(user)) => {
            let id = of_user(store, realm, user).await?;
            by_own_id(store, realm, &Lookup { customer: Some(id), ..lookup.clone() }, now).await
        }
        (found, _) => found,
    }
}

/// The ledger's id of the customer whom the merchant calls so.
async fn of_user(store: &Store, realm: &Realm, user: &str) -> Result<String, LookupError> {
    let found: Result<Vec<String>, sqlx::Error> = sqlx::query_scalar(concat!(
        "SELECT c.external_id FROM ledger_customers AS c WHERE c.brand = $1 AND c.user_id = $2 AND ",
        seen_by!("$3"),
        " ORDER BY c.id LIMIT 2"
    ))
    .bind(&realm.brand)
    .bind(user)
    .bind(realm.environment.name())
    .fetch_all(store.read())
    .await;
    let mut found = found.map_err(|error| LookupError::Unavailable(error.to_string()))?;
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(LookupError::SeveralCustomers),
        (None, _) => Err(LookupError::UnknownCustomer),
    }
}

/// The customer whom id and e-mail address name; where neither is given, the owner of the subscription that is.
async fn by_own_id(
    store: &Store,
    realm: &Realm,
    lookup: &Lookup,
    now: Timestamp,
) -> Result<Found, LookupError> {
    let nobody = match lookup {
        Lookup { customer: None, email: None, subscription: None, .. } => {
            return Err(LookupError::NobodyNamed);
        }
        Lookup { customer: None, email: None, .. } => LookupError::UnknownSubscription,
        _ => LookupError::UnknownCustomer,
    };
    let found = found::customers(store.read(), realm, lookup, now).await;
    let mut found = found.map_err(|error| LookupError::Unavailable(error.to_string()))?;
    if lookup.customer.is_none() {
        return match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(LookupError::SeveralCustomers),
            (None, _) => Err(nobody),
        };
    }
    // An address that nobody has contradicts nobody: the merchant may know a newer one.
    let contradicted =
        found.iter().any(|other| other.by_email) && !found.iter().any(|one| one.by_id && one.by_email);
    let named = found.into_iter().find(|one| one.by_id).ok_or(nobody)?;
    if contradicted { Err(LookupError::DifferentCustomers) } else { Ok(named) }
}
