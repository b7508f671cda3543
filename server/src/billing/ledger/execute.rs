//! Carrying out an instruction, once for each key, and looking whether it was.

use jiff::Timestamp;
use sqlx::{SqliteExecutor, SqlitePool};

use super::accept::{Acceptance, trial};
use super::quote::Subject;
use super::realm::{self, Realm};
use super::subscription::{self, Row};
use super::{arrears, book};
use crate::{
    billing::{Answer, Change, Deal, Instruction, LookupError, QUOTE_HOLDS, QuoteError},
    clock,
    store::{Error, Tx},
};

/// Carries out an instruction. The change and the note that it was made are of one transaction.
pub(super) async fn execute(
    tx: &mut Tx,
    realm: &Realm,
    key: &str,
    instruction: &Instruction,
    now: Timestamp,
) -> Result<Answer, Error> {
    if operation(&mut *tx, key).await?.is_some() {
        return Ok(Answer::Applied);
    }
    let row = match find(&mut *tx, realm, instruction).await? {
        Ok(row) if row.environment == realm.environment => row,
        Ok(of_prod) => {
            realm::copy(&mut *tx, of_prod.customer_id).await?;
            match find(&mut *tx, realm, instruction).await? {
                Ok(row) => row,
                Err(refused) => return Ok(refused),
            }
        }
        Err(refused) => return Ok(refused),
    };
    let at = arrears::settled_at(instruction).unwrap_or(instruction.requested_at);
    let number = row.id;
    let refused = match &instruction.change {
        Change::Accept { deal: Deal::Custom, .. } => return Ok(Answer::Requested),
        Change::Accept { offer, deal, agreed } => {
            let row = &book::settle(tx, realm, row, at).await?;
            let acceptance = Acceptance { key, realm, row, offer, agreed: agreed.as_ref(), at, now };
            acceptance.carry_out(tx, deal).await?
        }
        Change::CancelAtPeriodEnd { effective_at } => {
            cancel(tx, &row, end(&row, *effective_at, at), at, now).await?;
            None
        }
        Change::CancelImmediately => {
            cancel(tx, &row, at, at, now).await?;
            None
        }
        Change::Undo => undo(tx, &row, at).await?,
        Change::Resume { .. } | Change::Switch { .. } | Change::Renew { .. } => {
            managed(tx, realm, row, key, instruction, at, now).await?
        }
    };
    if let Some(reason) = refused {
        return Ok(Answer::Refused(reason.into()));
    }
    record(tx, key, instruction.change.kind(), number, now).await?;
    Ok(Answer::Applied)
}

/// Does what a customer agreed to after a quote, if the quote would be the same again.
async fn managed(
    tx: &mut Tx,
    realm: &Realm,
    row: Row,
    key: &str,
    instruction: &Instruction,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<&'static str>, Error> {
    const STALE: &str = "what the customer agreed to is not true any more";
    if instruction.requested_at.duration_since(at) > QUOTE_HOLDS || at > now {
        return Ok(Some("what the customer agreed to was too long ago"));
    }
    // Something has been changed since that moment.
    if row.booked_until.is_some_and(|booked| at < booked) || at < row.current_period_start {
        return Ok(Some(STALE));
    }
    let row = book::settle(tx, realm, row, at).await?;
    let discounts = subscription::discounts(&mut *tx, row.id, at).await?;
    let subject = Subject { realm, row: &row, discounts: &discounts, now: at };
    let done: Result<bool, QuoteError> = async {
        Ok(match &instruction.change {
            Change::Resume { .. } => {
                let resumption = subject.resumption(tx, at).await?;
                let same = resumption.quote().change == instruction.change;
                if same {
                    resumption.write(tx, &row).await.map_err(failed)?;
                }
                same
            }
            Change::Switch { plan, .. } => {
                let switch = subject.switch(tx, &plan.id, at).await?;
                let same = switch.quote(subject.terms(), at).change == instruction.change;
                if same {
                    switch.write(tx, row.id, at).await.map_err(failed)?;
                }
                same
            }
            Change::Renew { .. } if row.canceled_at.is_some_and(|left| left > instruction.requested_at) => {
                return Err(QuoteError::NotNow("the customer has left since"));
            }
            Change::Renew { renewal, agreed } => {
                let renewal = subject.of_its_plan(renewal);
                let term = subject.renewal(tx, &renewal).await?;
                let same = agreed.is_none() || term.quote(&renewal).change == instruction.change;
                if same {
                    term.write(tx, &subject, &renewal, key).await.map_err(failed)?;
                }
                same
            }
            _ => false,
        })
    }
    .await;
    match done {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(STALE)),
        Err(QuoteError::Lookup(LookupError::Unavailable(why))) => Err(Error::Malformed(why)),
        Err(QuoteError::NotNow(why)) => Ok(Some(why)),
        Err(error) => Ok(Some(error.name())),
    }
}

fn failed(error: Error) -> QuoteError {
    LookupError::Unavailable(error.to_string()).into()
}

/// Looks whether what an instruction asked for is there, or was and has been changed again since.
pub(super) async fn read_back(
    db: &SqlitePool,
    realm: &Realm,
    key: &str,
    instruction: &Instruction,
) -> Result<Answer, Error> {
    let Some(done) = operation(db, key).await? else {
        return Ok(Answer::Refused("the ledger has carried out nothing for this key".into()));
    };
    let row = match find(db, realm, instruction).await? {
        Ok(row) => row,
        Err(refused) => return Ok(refused),
    };
    let there = match &instruction.change {
        Change::Accept { deal, agreed, .. } => match deal {
            Deal::Discount(_) => {
                let granted = sqlx::query(
                    "SELECT id FROM ledger_discounts WHERE operation = $1 AND subscription_id = $2",
                )
                .bind(key)
                .bind(row.id);
                granted.fetch_optional(db).await?.is_some()
            }
            Deal::Pause(_) => row.pause.is_some(),
            Deal::ChangePlan(plan) => {
                row.terms.plan == plan.id || row.phases.iter().any(|next| next.terms.plan == plan.id)
            }
            Deal::ExtendTrial { days } => {
                let promised = agreed.as_ref().map(|terms| terms.current_period_end + trial(*days));
                row.trial_ends_at.is_some_and(|end| promised.is_none_or(|promised| end >= promised))
            }
            Deal::Custom => false,
        },
        Change::CancelAtPeriodEnd { effective_at: told @ Some(_) } => {
            let latest = end(&row, *told, instruction.requested_at);
            row.ended || row.cancel_at.is_some_and(|end| end <= latest)
        }
        Change::CancelAtPeriodEnd { effective_at: None } => row.ended || row.cancel_at.is_some(),
        Change::CancelImmediately => row.ended_at(instruction.requested_at),
        Change::Undo => !row.ended && row.cancel_at.is_none(),
        Change::Resume { agreed, .. } => row.pause.is_none_or(|pause| pause != *agreed),
        Change::Switch { plan, at, .. } => row.terms.plan == plan.id && row.current_period_start >= *at,
        Change::Renew { .. } => {
            let added = sqlx::query("SELECT id FROM ledger_phases WHERE operation = $1").bind(key);
            added.fetch_optional(db).await?.is_some()
        }
    };
    if there || changed_since(db, row.id, done).await? {
        return Ok(Answer::Applied);
    }
    Ok(Answer::Refused("the ledger has a note that it was done, but it is not there".into()))
}

/// Notes that something was carried out.
pub(super) async fn record(
    tx: &mut Tx,
    key: &str,
    kind: &str,
    subscription: i64,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO ledger_operations (key, kind, subscription_id, at) VALUES ($1, $2, $3, $4)")
        .bind(key)
        .bind(kind)
        .bind(subscription)
        .bind(clock::text(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// The subscription an instruction is about, or why it is refused.
async fn find(
    db: impl SqliteExecutor<'_>,
    realm: &Realm,
    instruction: &Instruction,
) -> Result<Result<Row, Answer>, Error> {
    let Some(id) = &instruction.subscription else {
        return Ok(Err(Answer::Refused("no subscription is named".into())));
    };
    let found = subscription::named(db, realm, id).await?.filter(|row| row.customer == instruction.customer);
    Ok(found.ok_or_else(|| Answer::Refused("the customer has no such subscription".into())))
}

async fn operation(db: impl SqliteExecutor<'_>, key: &str) -> Result<Option<i64>, Error> {
    let id: Option<(i64,)> = sqlx::query_as("SELECT id FROM ledger_operations WHERE key = $1")
        .bind(key)
        .fetch_optional(db)
        .await?;
    Ok(id.map(|(id,)| id))
}

async fn changed_since(db: &SqlitePool, subscription: i64, operation: i64) -> Result<bool, Error> {
    let later =
        sqlx::query("SELECT id FROM ledger_operations WHERE subscription_id = $1 AND id > $2 LIMIT 1")
            .bind(subscription)
            .bind(operation);
    Ok(later.fetch_optional(db).await?.is_some())
}

/// When a cancellation pressed at `at` takes effect: as the customer was told, but never before the end of the period the press
/// is in, which is paid for.
fn end(row: &Row, told: Option<Timestamp>, at: Timestamp) -> Timestamp {
    let (start, terms) = row.period(at);
    match told {
        // The row has moved on since the press, and does not say any more what that period was.
        Some(told) if at < start => told,
        Some(told) => told.max(row.paid_until(&terms)),
        None => row.paid_until(&terms),
    }
}

/// Lets a subscription end at `end`, or before it where that was decided earlier.
async fn cancel(tx: &mut Tx, row: &Row, end: Timestamp, at: Timestamp, now: Timestamp) -> Result<(), Error> {
    if row.ended_at(at) || row.cancel_at.is_some_and(|earlier| earlier <= end) {
        return Ok(());
    }
    sqlx::query(
        "UPDATE ledger_subscriptions SET status = $1, cancel_at = $2, canceled_at = $3 WHERE id = $4",
    )
    .bind(if end <= now { "canceled" } else { "active" })
    .bind(clock::text(end))
    .bind(clock::text(row.canceled_at.unwrap_or(at)))
    .bind(row.id)
    .execute(tx)
    .await?;
    Ok(())
}

async fn undo(tx: &mut Tx, row: &Row, at: Timestamp) -> Result<Option<&'static str>, Error> {
    if row.ended_at(at) {
        return Ok(Some("the subscription has already ended"));
    }
    // Nothing to do where it runs on already: another session of the customer has taken the cancellation back before.
    sqlx::query("UPDATE ledger_subscriptions SET cancel_at = NULL, canceled_at = NULL WHERE id = $1")
        .bind(row.id)
        .execute(tx)
        .await?;
    Ok(None)
}
