//! Doing what a customer did: every action checked, then state, audit trail, outcome, billing intent and webhooks in one
//! transaction.

use std::collections::BTreeMap;

use flow::{Action, Effect, Notice, Outcome, Position, Refused, Run};
use jiff::Timestamp;
use uuid::Uuid;

use super::claims::TIME_TO_ACT;
use super::fresh::{Fresh, Terms};
use super::order::{Arrival, arrive};
use super::outcome::{Ended, receipt};
use super::reference::new_reference;
use super::stored::{Stored, text};
use crate::billing::{Change, Instruction, Snapshot};
use crate::brand::CancelTiming;
use crate::cancellation;
use crate::clock;
use crate::intents::{self, NewIntent};
use crate::offer;
use crate::policy;
use crate::receipt::Issuer;
use crate::resolve;
use crate::store::{Error, Store, Tx};
use crate::webhook;

/// An action, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its place in the session.
    pub at: Position,
    /// What the customer did.
    pub action: Action,
}

/// Why an action was not applied. What came before it in the same request is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// A sentence for a developer.
    pub message: String,
    /// What a page says to the customer about it.
    pub notice: Notice,
    /// Whether the flow itself is a newer one than the session began with.
    pub flow_changed: bool,
}

impl Conflict {
    fn changed(message: String) -> Self {
        Self { message, notice: Notice::Changed, flow_changed: false }
    }

    fn refused(refused: Refused) -> Self {
        let notice = if refused == Refused::TooLong { Notice::TooLong } else { Notice::Changed };
        Self { message: refused.message().into(), notice, flow_changed: false }
    }
}

/// Applies actions in their order, up to the first conflict. Gives the session as it is then. It was read in this transaction.
///
/// A cancellation is carried out also behind a conflict: whatever the customer did before, they leave. Then there is no conflict.
///
/// With fresh terms, accepting an offer is a conflict: the session gets the new flow, and the customer sees it first.
pub(super) async fn write(
    tx: &mut Tx,
    mut session: Stored,
    actions: &[Placed],
    mut fresh: Fresh,
    cancel: CancelTiming,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<(Stored, Option<Conflict>), Error> {
    let mut conflict: Option<Conflict> = None;
    let mut moved = false;
    for placed in actions {
        let cancels = matches!(placed.action, Action::Cancel(_));
        if conflict.is_some() && !cancels {
            continue;
        }
        let content = content(&placed.action)?;
        // Nothing can have been done yet at the place that is next.
        let stored =
            if placed.at == session.state.next() { None } else { stored(tx, &session.id, placed.at).await? };
        if stored.is_none()
            && matches!(placed.action, Action::Accept { .. })
            && let Some(Terms { flow, billing }) = fresh.terms.take()
        {
            (session.flow, session.billing) = (flow, billing);
            session.save_document(tx).await?;
            let message = "The terms of this offer have changed. Show the new flow before it is accepted.";
            conflict = Some(Conflict { flow_changed: true, ..Conflict::changed(message.into()) });
            continue;
        }
        if stored.is_none()
            && let Action::Accept { claim, .. } = &placed.action
            && taken_elsewhere(tx, &session, issuer, claim, now).await?
        {
            let message = "The customer has taken this offer in another session. Show the flow as it is now.";
            conflict = Some(Conflict::changed(message.into()));
            continue;
        }
        let at = match arrive(&session.state, placed.at, &placed.action, &content, stored.as_deref()) {
            Arrival::Known => {
                // Only a cancellation comes here behind a conflict, and it was done.
                conflict = None;
                continue;
            }
            Arrival::Next(at) => at,
            Arrival::Conflict(message) => {
                let flow_changed = conflict.is_some_and(|earlier| earlier.flow_changed);
                conflict = Some(Conflict { flow_changed, ..Conflict::changed(message) });
                continue;
            }
        };
        if cancels {
            renew(tx, &mut session, fresh.billing.as_ref(), cancel, now).await?;
        }
        match flow::apply(&session.flow, &session.policy, &session.state, &placed.action) {
            // Nothing moved, so there is nothing to keep: closing a receipt, or opening one again.
            Ok(next) if next == session.state => {}
            Ok(next) => {
                session.state = next;
                keep(tx, &session.id, at, &content, now).await?;
                conclude(tx, &mut session, at, cancel, issuer, now).await?;
                if let Some(run) = session.state.runs.last() {
                    offer::record(tx, &session, session.state.number(), run, now).await?;
                }
                (moved, conflict) = (true, None);
            }
            Err(refused) => conflict = Some(Conflict::refused(refused)),
        }
    }
    if moved {
        session.expires_at = clock::text(now.saturating_add(TIME_TO_ACT).unwrap_or(now));
        session.save_state(tx, &clock::text(now)).await?;
    }
    Ok((session, conflict))
}

/// Makes flow and billing say what is canceled now, so that receipt, instruction and undo are of the period the press is in.
///
/// Where billing does not say, an end that is still to come stands as it was shown, and one that is past is not promised.
async fn renew(
    tx: &mut Tx,
    session: &mut Stored,
    fresh: Option<&Snapshot>,
    cancel: CancelTiming,
    now: Timestamp,
) -> Result<(), Error> {
    let mut flow = session.flow.clone();
    if let Some(fresh) = fresh {
        resolve::renew(&mut flow, cancel, fresh, now);
    } else {
        // Instants are written so that they sort.
        let now = clock::instant(now);
        flow.cancellation.effective_at =
            flow.cancellation.effective_at.filter(|end| cancel == CancelTiming::AtPeriodEnd && end.0 > now.0);
    }
    let billing = fresh.unwrap_or(&session.billing).clone();
    if flow != session.flow || billing != session.billing {
        (session.flow, session.billing) = (flow, billing);
        session.save_document(tx).await?;
    }
    Ok(())
}

/// Gives a run that has just ended its receipt, and writes the outcome and what billing is to do.
async fn conclude(
    tx: &mut Tx,
    session: &mut Stored,
    at: Position,
    cancel: CancelTiming,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<(), Error> {
    let number = session.state.number();
    let Some(ended) = session.state.runs.last().filter(|run| run.outcome.is_some()).cloned() else {
        return Ok(());
    };
    let pending = ended.effect == Some(Effect::Pending);
    let (cancel, told) = end(session, &ended, cancel, now);
    if pending {
        let canceled = ended.outcome == Some(Outcome::Canceled);
        let effective_at = told.map(clock::instant).filter(|_| canceled);
        // Where what is paid for has ended, so has the subscription.
        let goes_on = session.billing.terms.is_none() || told.is_some_and(|end| end > now);
        let undo = canceled && cancel == CancelTiming::AtPeriodEnd && session.billing.can.undo && goes_on;
        let receipt = receipt(free_reference(tx).await?, now, effective_at, undo);
        if let Some(run) = session.state.runs.last_mut() {
            run.receipt = Some(receipt);
        }
    }
    let Some(run) = session.state.runs.last() else { return Ok(()) };
    let outcome = Ended::of(session, number, run, Uuid::new_v4().to_string(), now);
    if let Some(outcome) = &outcome {
        outcome.insert(tx, &session.id).await?;
        webhook::completed(tx, session, outcome, now).await?;
        cancellation::follow(tx, session, now).await?;
    }
    if pending {
        let intent = NewIntent {
            id: format!("{}:{}:{}", session.id, at.run, at.seq),
            session: session.id.clone(),
            run: number,
            instruction: Instruction {
                customer: session.customer.clone(),
                subscription: session.subscription.clone(),
                session: Some(session.id.clone()),
                reason: outcome.as_ref().and_then(|outcome| outcome.reason_code.clone()),
                event: outcome.map(|outcome| outcome.jti),
                requested_at: now,
                change: change(session, run, cancel, told)?,
            },
            created_at: now,
        };
        intents::insert(tx, &intent).await?;
        issuer.issue(tx, session, number, now).await?;
    }
    Ok(())
}

/// What billing has to do for a run that ended.
fn change(
    session: &Stored,
    run: &Run,
    cancel: CancelTiming,
    told: Option<Timestamp>,
) -> Result<Change, Error> {
    if run.outcome == Some(Outcome::Canceled) {
        return Ok(match cancel {
            CancelTiming::Immediately => Change::CancelImmediately,
            CancelTiming::AtPeriodEnd => Change::CancelAtPeriodEnd { effective_at: told },
        });
    }
    let Some(record) = run.accepted() else { return Ok(Change::Undo) };
    let deal = offer::deal(&session.deals, &record.id, record.choice.as_deref());
    Ok(Change::Accept {
        offer: record.id.clone(),
        deal: deal.cloned().ok_or_else(|| Error::Malformed(format!("the deal of offer {}", record.id)))?,
        agreed: session.billing.terms.clone(),
    })
}

/// Whether the customer has taken this offer in another session, so lately that it is not made again.
async fn taken_elsewhere(
    tx: &mut Tx,
    session: &Stored,
    issuer: &Issuer,
    claim: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(offer) = session.flow.offers.iter().find(|offer| offer.claim_id == claim) else {
        return Ok(false);
    };
    let days =
        issuer.brand.offers.iter().find(|made| made.id == offer.id).map_or(0, |made| made.cooldown_days);
    let since = now.saturating_sub(jiff::SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(now);
    let taken: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM offers_made WHERE brand = $1 AND environment = $2 AND customer = $3 AND offer = $4 \
         AND session <> $5 AND response = 'accepted' AND answered_at > $6 LIMIT 1",
    )
    .bind(&session.brand)
    .bind(session.environment.name())
    .bind(&session.customer)
    .bind(&offer.id)
    .bind(&session.id)
    .bind(clock::text(since))
    .fetch_optional(tx)
    .await?;
    Ok(taken.is_some())
}

/// When a cancellation takes effect: as the flow said, unless the customer has declared something else. A withdrawal, and one
/// for cause, takes effect at once; one to a later day at the end of the paid period that day is in.
fn end(
    session: &Stored,
    run: &Run,
    cancel: CancelTiming,
    now: Timestamp,
) -> (CancelTiming, Option<Timestamp>) {
    if run.declared.extraordinary || session.policy.id == policy::WITHDRAWAL.id {
        return (CancelTiming::Immediately, None);
    }
    let told = session.flow.cancellation.effective_at.as_ref().and_then(|at| clock::parse(&at.0).ok());
    let named = run.declared.until.as_deref().and_then(|day| named_day(day, &session.flow.time_zone));
    // A day that is over means as early as possible.
    let Some(named) = named.filter(|day| *day > now) else { return (cancel, told) };
    let later = match (&session.billing.terms, told, cancel) {
        // The paid periods follow one another: the first that ends no earlier than the day that was named.
        (Some(terms), Some(first), CancelTiming::AtPeriodEnd) => {
            (0..1000).map_while(|payments| terms.cycle.after(first, payments)).find(|end| *end >= named)
        }
        _ => None,
    };
    // Also where the brand ends access at once: whoever names a later day wants it until then.
    (CancelTiming::AtPeriodEnd, Some(later.unwrap_or(named)))
}

/// The moment a day begins, where the brand is.
fn named_day(day: &str, zone: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = day.parse().ok()?;
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    day.to_zoned(zone).ok().map(|midnight| midnight.timestamp())
}

/// Writes an action into the audit trail.
async fn keep(tx: &mut Tx, id: &str, at: Position, content: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("INSERT INTO actions (session, run, seq, content, at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(at.run)
        .bind(at.seq)
        .bind(content)
        .bind(clock::text(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether something was done at this place.
pub(super) async fn is_known(store: &Store, id: &str, at: Position) -> Result<bool, Error> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM actions WHERE session = $1 AND run = $2 AND seq = $3")
            .bind(id)
            .bind(at.run)
            .bind(at.seq)
            .fetch_optional(store.read())
            .await?;
    Ok(found.is_some())
}

/// What is known at a place.
async fn stored(tx: &mut Tx, id: &str, at: Position) -> Result<Option<String>, Error> {
    let content =
        sqlx::query_scalar("SELECT content FROM actions WHERE session = $1 AND run = $2 AND seq = $3")
            .bind(id)
            .bind(at.run)
            .bind(at.seq)
            .fetch_optional(tx)
            .await?;
    Ok(content)
}

/// An action's content in one spelling, so that equal actions are equal texts.
fn content(action: &Action) -> Result<String, Error> {
    let fields: BTreeMap<String, String> = action.to_form().into_iter().collect();
    text(&fields)
}

/// A reference that no receipt has.
async fn free_reference(tx: &mut Tx) -> Result<String, Error> {
    loop {
        let reference = new_reference().map_err(|error| Error::Malformed(error.to_string()))?;
        let taken: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM outcomes WHERE receipt_reference = $1 UNION SELECT 1 FROM receipts WHERE reference = $1",
        )
            .bind(&reference)
            .fetch_optional(&mut *tx)
            .await?;
        if taken.is_none() {
            return Ok(reference);
        }
    }
}
