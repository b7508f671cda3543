//! What was charged long ago and is not booked, because nothing was changed since: booked in lots, so that nobody waits long for the
//! database.
//!
//! A subscription that is paid daily may be imported with a period of decades ago. What it was charged follows from its row and its
//! bookings at every moment, also between two lots: whoever stops there loses nothing, and books nothing twice.

use jiff::{SignedDuration, Timestamp};

use super::realm::{self, Realm};
use super::{book, subscription};
use crate::{
    billing::{Change, Deal, Instruction},
    clock,
    session::Environment,
    store::{Error, Store, Tx},
};

/// How many charges are booked at once.
const LOT: usize = 500;

/// The shortest time in which there are so many.
const LONG: SignedDuration = SignedDuration::from_hours(500 * 24);

/// When what was charged is booked for an instruction, before it is carried out. None: it is carried out without.
pub(super) fn settled_at(instruction: &Instruction) -> Option<Timestamp> {
    match &instruction.change {
        Change::Accept { deal: Deal::Custom, .. }
        | Change::CancelAtPeriodEnd { .. }
        | Change::CancelImmediately
        | Change::Undo => None,
        Change::Accept { .. } | Change::Renew { .. } => Some(instruction.requested_at),
        Change::Resume { at, .. } => Some(at.map_or(instruction.requested_at, |(at, _)| at)),
        Change::Switch { at, .. } => Some(*at),
    }
}

/// Books what an instruction will need booked, but for the last lot.
pub(super) async fn book_before(
    store: &Store,
    realm: &Realm,
    instruction: &Instruction,
) -> Result<(), Error> {
    match (&instruction.subscription, settled_at(instruction)) {
        (Some(subscription), Some(at)) => book(store, realm, subscription, at).await,
        _ => Ok(()),
    }
}

/// The same for everything that an import may change in a brand's ledger.
pub(super) async fn book_before_import(store: &Store, brand: &str, now: Timestamp) -> Result<(), Error> {
    let long_ago = clock::text(now.saturating_sub(LONG).unwrap_or(Timestamp::MIN));
    for environment in [Environment::Prod, Environment::Sandbox] {
        let realm = Realm { brand: brand.into(), environment };
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT s.external_id FROM ledger_subscriptions AS s JOIN ledger_plans AS p ON p.id = s.plan_id \
             WHERE s.brand = $1 AND s.environment = $2 AND COALESCE(s.booked_until, s.current_period_start) < $3 \
             AND (p.interval IN ('day', 'week') OR EXISTS (SELECT 1 FROM ledger_phases AS f WHERE f.subscription_id = s.id)) \
             ORDER BY s.id",
        )
        .bind(brand)
        .bind(environment.name())
        .bind(&long_ago)
        .fetch_all(store.read())
        .await?;
        for subscription in due {
            book(store, &realm, &subscription, now).await?;
        }
    }
    Ok(())
}

/// Books what was charged up to a moment, but for the last lot.
async fn book(store: &Store, realm: &Realm, subscription: &str, upto: Timestamp) -> Result<(), Error> {
    let mut goes_on = true;
    while goes_on {
        let row = subscription::named(store.read(), realm, subscription).await?;
        if row.is_none_or(|row| row.unbooked(&[], upto).nth(LOT).is_none()) {
            break;
        }
        let (realm, subscription) = (realm.clone(), subscription.to_owned());
        goes_on = store.write(async move |tx| book_lot(tx, &realm, &subscription, upto).await).await?;
    }
    Ok(())
}

/// Books the earliest charges. Gives whether there were any.
async fn book_lot(tx: &mut Tx, realm: &Realm, subscription: &str, upto: Timestamp) -> Result<bool, Error> {
    let Some(mut row) = subscription::named(&mut *tx, realm, subscription).await? else { return Ok(false) };
    if row.environment != realm.environment {
        realm::copy(&mut *tx, row.customer_id).await?;
        match subscription::named(&mut *tx, realm, subscription).await? {
            Some(copy) => row = copy,
            None => return Ok(false),
        }
    }
    let discounts = book::all_discounts(&mut *tx, row.id).await?;
    let mut last = None;
    for charge in row.unbooked(&discounts, upto).take(LOT) {
        book::write(&mut *tx, row.id, &charge).await?;
        last = Some(charge.at);
    }
    let Some(last) = last else { return Ok(false) };
    sqlx::query("UPDATE ledger_subscriptions SET booked_until = $1 WHERE id = $2")
        .bind(clock::text(last))
        .bind(row.id)
        .execute(tx)
        .await?;
    Ok(true)
}
