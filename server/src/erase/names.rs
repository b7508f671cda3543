use std::collections::BTreeSet;

use super::{Customer, EraseError, Stop};
use crate::store::{Error, Tx};

/// How a customer of a brand is called.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) brand: String,
    /// In billing.
    pub(super) id: Option<String>,
    /// In the merchant's own system: what is known, and the name in billing, since many merchants have one for both.
    pub(super) users: BTreeSet<String>,
}

impl Names {
    /// The customer whom billing calls so; where it calls nobody so, the one whom the merchant does.
    pub(super) async fn of(tx: &mut Tx, Customer { brand, id: named }: &Customer) -> Result<Self, Stop> {
        let ids = if is_in_billing(tx, brand, named).await? {
            Vec::new()
        } else {
            ids_of_user(tx, brand, named).await?
        };
        match ids.as_slice() {
            [] => Ok(Self::of_id(tx, brand, named).await?),
            [id] => {
                let mut names = Self::of_id(tx, brand, id).await?;
                names.users.insert(named.clone());
                Ok(names)
            }
            _ => Err(Stop::Failed(EraseError::Several(ids))),
        }
    }

    /// The customer whom billing calls so.
    pub(super) async fn of_id(tx: &mut Tx, brand: &str, id: &str) -> Result<Self, Error> {
        let mut users = known_users(tx, brand, id).await?;
        users.insert(id.to_owned());
        // What is another customer's is not this one's as well, unless they share it in billing too.
        let others: Vec<String> = sqlx::query_scalar(
            "SELECT user_id FROM ledger_customers WHERE brand = $1 AND external_id <> $2 AND user_id IS NOT NULL \
             EXCEPT SELECT user_id FROM ledger_customers WHERE brand = $1 AND external_id = $2",
        )
        .bind(brand)
        .bind(id)
        .fetch_all(tx)
        .await?;
        users.retain(|user| !others.contains(user));
        Ok(Self { brand: brand.into(), id: Some(id.into()), users })
    }

    /// The customer whom only the merchant calls so.
    pub(super) fn of_user(brand: &str, user: &str) -> Self {
        Self { brand: brand.into(), id: None, users: BTreeSet::from([user.into()]) }
    }

    /// Whether this is what the customer is called: in billing or, where it was handed over, in the merchant's own system.
    pub(super) fn has(&self, name: &str, hands_over: bool) -> bool {
        if hands_over { self.users.contains(name) } else { self.id.as_deref() == Some(name) }
    }
}

/// Whether anything calls a customer in billing so.
pub(super) async fn is_in_billing(tx: &mut Tx, brand: &str, id: &str) -> Result<bool, Error> {
    let known: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM ledger_customers WHERE brand = $1 AND external_id = $2 \
         UNION ALL SELECT 1 FROM sessions WHERE brand = $1 AND customer = $2 AND hands_over = 0 \
         UNION ALL SELECT 1 FROM hub_changes WHERE brand = $1 AND customer = $2 \
         UNION ALL SELECT 1 FROM hub_pages WHERE brand = $1 AND customer = $2 \
         UNION ALL SELECT 1 FROM declarations WHERE brand = $1 AND customer = $2 \
         UNION ALL SELECT 1 FROM stripe_customers WHERE brand = $1 AND id = $2 LIMIT 1",
    )
    .bind(brand)
    .bind(id)
    .fetch_optional(tx)
    .await?;
    Ok(known.is_some())
}

/// What the merchant is known to call a customer of billing.
pub(super) async fn known_users(tx: &mut Tx, brand: &str, id: &str) -> Result<BTreeSet<String>, Error> {
    let users: Vec<String> = sqlx::query_scalar(
        "SELECT user_id FROM ledger_customers WHERE brand = $1 AND external_id = $2 AND user_id IS NOT NULL \
         UNION SELECT user_id FROM sessions WHERE brand = $1 AND customer = $2 AND hands_over = 0 \
         AND user_id IS NOT NULL",
    )
    .bind(brand)
    .bind(id)
    .fetch_all(tx)
    .await?;
    Ok(users.into_iter().collect())
}

/// What billing calls those whom the merchant calls so. The ledger knows best; other billings are known by their sessions.
async fn ids_of_user(tx: &mut Tx, brand: &str, user: &str) -> Result<Vec<String>, Error> {
    for sql in [
        "SELECT DISTINCT external_id FROM ledger_customers WHERE brand = $1 AND user_id = $2 ORDER BY 1",
        "SELECT DISTINCT customer FROM sessions WHERE brand = $1 AND user_id = $2 AND hands_over = 0 \
         AND erased_at IS NULL ORDER BY 1",
    ] {
        let ids: Vec<String> = sqlx::query_scalar(sql).bind(brand).bind(user).fetch_all(&mut *tx).await?;
        if !ids.is_empty() {
            return Ok(ids);
        }
    }
    Ok(Vec::new())
}
