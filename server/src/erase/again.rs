use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use jiff::Timestamp;

use super::line::{hash_of_id, hash_of_user};
use super::names::Names;
use super::traces::{Claimed, Told};
use super::{EraseError, Erased, How, Stop, in_transaction, line, settled};
use crate::config::Period;
use crate::store::{Error, Store, Tx};

/// Erases once more every customer who was erased and is there again, out of a backup that was restored. No id is kept for that:
/// the ids of every customer who is there are hashed and looked for among the lines.
///
/// A customer of whom there is nothing older than the erasure has come back since, and is left alone.
///
/// # Errors
/// As those of [`erase`](super::erase): then nothing has changed for anybody.
pub async fn again(
    store: &Store,
    how: How,
    receipts: Period,
    now: Timestamp,
) -> Result<Vec<Erased>, EraseError> {
    let done = store.write(async move |tx| {
        let mut all = Vec::new();
        for names in returned(tx).await? {
            all.push(in_transaction(tx, &names, how, receipts, now).await?);
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

/// Brand, a JSON text that may name a customer, and a moment.
type Row = (String, String, String);

/// A name of a customer that stands somewhere.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    /// Those in billing come first: they lead to the others.
    is_user: bool,
    brand: String,
    name: String,
}

/// Every customer with a line, of whom there is something older than it.
async fn returned(tx: &mut Tx) -> Result<Vec<Names>, Stop> {
    let lines = line::read_lines(tx).await?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let mut returned: Vec<Names> = Vec::new();
    for (Name { is_user, brand, name }, since) in known(tx).await? {
        let hash = if is_user { hash_of_user(&brand, &name) } else { hash_of_id(&brand, &name) };
        if !lines.iter().any(|line| line.is_of(&hash) && line.erased_at() > since.as_str()) {
            continue;
        }
        if !is_user {
            returned.push(Names::of_id(tx, &brand, &name).await?);
        } else if !returned.iter().any(|names| names.brand == brand && names.users.contains(&name)) {
            // Whoever else billing knows by this name was not erased.
            returned.push(Names::of_user(&brand, &name));
        }
    }
    Ok(returned)
}

/// Every name that stands somewhere, and since when it does.
async fn known(tx: &mut Tx) -> Result<BTreeMap<Name, String>, Error> {
    let mut known = BTreeMap::new();
    let mut add = |is_user, brand, name, at: String| {
        let since = known.entry(Name { is_user, brand, name }).or_insert_with(|| at.clone());
        if at < *since {
            *since = at;
        }
    };
    // A customer of the ledger without a subscription has no date, and is as old as can be.
    let rows: Vec<(bool, String, String, String)> = sqlx::query_as(
        "SELECT is_user, brand, name, MIN(at) FROM ( \
         SELECT hands_over AS is_user, brand, customer AS name, opened_at AS at FROM sessions WHERE erased_at IS NULL \
         UNION ALL SELECT 0, brand, customer, received_at FROM declarations WHERE customer IS NOT NULL \
         UNION ALL SELECT 0, brand, customer, updated_at FROM pelcro_tokens \
         UNION ALL SELECT 0, brand, customer, sent_at FROM pelcro_changes \
         UNION ALL SELECT 1, brand, user_id, created_at FROM cancellations \
         UNION ALL SELECT 0, brand, customer, created_at FROM hub_changes \
         UNION ALL SELECT 0, brand, customer, opened_at FROM hub_pages \
         UNION ALL SELECT 0, brand, id, added_at FROM stripe_customers \
         UNION ALL SELECT 0, c.brand, c.external_id, COALESCE(s.created_at, '') FROM ledger_customers AS c \
         LEFT JOIN ledger_subscriptions AS s ON s.customer_id = c.id) AS traces GROUP BY is_user, brand, name",
    )
    .fetch_all(&mut *tx)
    .await?;
    rows.into_iter().for_each(|(is_user, brand, name, at)| add(is_user, brand, name, at));
    // These may be many, and are read one by one.
    let mut links =
        sqlx::query_as::<_, Row>("SELECT brand, claims, created_at FROM cancel_links").fetch(&mut *tx);
    while let Some((brand, claims, at)) = links.try_next().await? {
        if let Ok(Claimed { customer, hands_over }) = serde_json::from_str(&claims) {
            add(hands_over, brand, customer, at);
        }
    }
    drop(links);
    let mut told = sqlx::query_as::<_, Row>("SELECT brand, body, told_at FROM webhook_events").fetch(tx);
    while let Some((brand, body, at)) = told.try_next().await? {
        if let Some(user) = Told::user(&body) {
            add(true, brand, user, at);
        }
    }
    drop(told);
    Ok(known)
}
