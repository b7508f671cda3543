use jiff::Timestamp;

use super::{Customer, EraseError, Erased, How, Stop, in_transaction, line, settled};
use crate::store::{Store, Tx};

/// Erases once more every customer who was erased and is there again, out of a backup that was restored. No id is kept for that:
/// the id of every customer who is there is hashed and looked for among the lines.
///
/// A customer of whom there is nothing older than the erasure has come back since, and is left alone.
///
/// # Errors
/// As those of [`erase`](super::erase): then nothing has changed for anybody.
pub async fn again(store: &Store, how: How, now: Timestamp) -> Result<Vec<Erased>, EraseError> {
    let done = store.write(async move |tx| {
        let mut all = Vec::new();
        for customer in returned(tx).await? {
            all.push(in_transaction(tx, &customer, how, now).await?);
        }
        // One value stands for all of them, so that a try ends as one.
        if how.dry_run { Err(Tried::DryRun(all)) } else { Ok(all) }
    });
    match done.await {
        Ok(all) | Err(Tried::DryRun(all)) => Ok(all),
        Err(Tried::Stopped(stop)) => settled(Err(stop)).map(|erased| vec![erased]),
    }
}

enum Tried {
    DryRun(Vec<Erased>),
    Stopped(Stop),
}

impl<E: Into<Stop>> From<E> for Tried {
    fn from(error: E) -> Self {
        Self::Stopped(error.into())
    }
}

/// Every customer with a line, of whom there is something older than it.
async fn returned(tx: &mut Tx) -> Result<Vec<Customer>, Stop> {
    let lines = line::read_lines(tx).await?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    // The earliest trace of each customer. A customer of the ledger without a subscription has none, and is as old as can be.
    let known: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT brand, customer, MIN(at) FROM ( \
         SELECT brand, customer, opened_at AS at FROM sessions WHERE erased_at IS NULL \
         UNION ALL SELECT brand, customer, shown_at FROM offers_made \
         UNION ALL SELECT brand, customer, received_at FROM declarations WHERE customer IS NOT NULL \
         UNION ALL SELECT c.brand, c.external_id, COALESCE(s.created_at, '') FROM ledger_customers AS c \
         LEFT JOIN ledger_subscriptions AS s ON s.customer_id = c.id) AS traces GROUP BY brand, customer",
    )
    .fetch_all(tx)
    .await?;
    let mut returned = Vec::new();
    for (brand, id, since) in known {
        let customer = Customer { brand, id };
        let hash = line::hash(&customer);
        if lines.iter().any(|line| line.is_of(&hash) && line.erased_at() > since.as_str()) {
            returned.push(customer);
        }
    }
    Ok(returned)
}
