use flow::{Effect, Outcome, Run};
use jiff::Timestamp;

use super::event::{Cancellation, LedgerOutcome, OfferMade};
use super::record::{find, text};
use super::tell::tell;
use crate::clock;
use crate::session::Stored;
use crate::store::{Error, Tx};
use crate::webhook::Kind;

/// Makes the ledger say what a session's runs have come to. Belongs in the transaction in which that changes.
///
/// A run that ended with the customer leaving or staying is an event, one that was closed is none. A cancellation that is taken
/// back is recovered. What billing has not carried out yet is pending, and so is what only the merchant can carry out. An outcome
/// that the merchant has set stays.
///
/// # Errors
/// The database does not take it.
pub async fn follow(tx: &mut Tx, session: &Stored, now: Timestamp) -> Result<(), Error> {
    for (index, run) in session.state.runs.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let later = session.state.runs.get(index + 1..).unwrap_or_default();
        match came_to(run, later) {
            Some(outcome) => write(tx, session, number, run, outcome, now).await?,
            None => drop_run(tx, session, number).await?,
        }
    }
    Ok(())
}

/// What a run came to: None where it is no event, Some(None) where that is not known yet.
fn came_to(run: &Run, later: &[Run]) -> Option<Option<LedgerOutcome>> {
    let applied = |effect: Option<Effect>| matches!(effect, None | Some(Effect::Applied));
    match run.outcome? {
        Outcome::Aborted => None,
        // Taking a cancellation back is told of at the cancellation.
        Outcome::Saved if takes_back(run) => None,
        Outcome::Saved => Some(Some(LedgerOutcome::Recovered).filter(|_| applied(run.effect))),
        // Until it is taken back in billing too, it stands.
        Outcome::Canceled if later.iter().any(|run| takes_back(run) && applied(run.effect)) => {
            Some(Some(LedgerOutcome::Recovered))
        }
        Outcome::Canceled => Some(Some(LedgerOutcome::Churned).filter(|_| applied(run.effect))),
    }
}

fn takes_back(run: &Run) -> bool {
    run.outcome == Some(Outcome::Saved) && run.effect.is_some() && run.accepted().is_none()
}

async fn write(
    tx: &mut Tx,
    session: &Stored,
    number: u32,
    run: &Run,
    outcome: Option<LedgerOutcome>,
    now: Timestamp,
) -> Result<(), Error> {
    let told: Option<(String, String)> =
        sqlx::query_as("SELECT jti, completed_at FROM outcomes WHERE session = $1 AND run = $2")
            .bind(&session.id)
            .bind(number)
            .fetch_optional(&mut *tx)
            .await?;
    let Some((event_id, occurred_at)) = told else { return Ok(()) };
    let known = sqlx::query("SELECT * FROM cancellations WHERE session = $1 AND run = $2")
        .bind(&session.id)
        .bind(number)
        .fetch_optional(&mut *tx)
        .await?;
    let kind = match known.as_ref().map(Cancellation::read).transpose()? {
        Some(known) if known.outcome == outcome => return Ok(()),
        Some(_) => {
            sqlx::query(
                "UPDATE cancellations SET outcome = $1, updated_at = $2 WHERE session = $3 AND run = $4 AND settled = 0",
            )
            .bind(outcome.map(LedgerOutcome::name))
            .bind(clock::text(now))
            .bind(&session.id)
            .bind(number)
            .execute(&mut *tx)
            .await?;
            Kind::CancellationUpdated
        }
        None => {
            insert(tx, session, number, run, (&event_id, &occurred_at), outcome, now).await?;
            Kind::CancellationCreated
        }
    };
    match find(tx, &session.brand, &event_id).await? {
        // What the merchant has set is not news.
        Some(event) if event.outcome == outcome => tell(tx, &session.brand, &event, kind, now).await,
        _ => Ok(()),
    }
}

async fn insert(
    tx: &mut Tx,
    session: &Stored,
    number: u32,
    run: &Run,
    (event_id, occurred_at): (&str, &str),
    outcome: Option<LedgerOutcome>,
    now: Timestamp,
) -> Result<(), Error> {
    let context: Option<String> = sqlx::query_scalar("SELECT context FROM cancel_links WHERE id = $1")
        .bind(&session.id)
        .fetch_optional(&mut *tx)
        .await?;
    let answers = &run.answers;
    let effective_at = run.receipt.as_ref().and_then(|receipt| receipt.effective_at.as_ref());
    sqlx::query(
        "INSERT INTO cancellations (brand, event_id, environment, source, session, run, user_id, reason_key, reason_text, \
         outcome, settled, offer, context, metadata, occurred_at, effective_at, created_at, updated_at) \
         VALUES ($1, $2, $3, 'flow', $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, $14, $15, $15)",
    )
    .bind(&session.brand)
    .bind(event_id)
    .bind(session.environment.name())
    .bind(&session.id)
    .bind(number)
    .bind(session.user_id.as_ref().unwrap_or(&session.customer))
    .bind(&answers.reason)
    .bind(answers.follow_up.as_ref().or(answers.feedback.as_ref()))
    .bind(outcome.map(LedgerOutcome::name))
    .bind(offer(session, run).as_ref().map(text).transpose()?)
    .bind(context.as_deref().unwrap_or("{}"))
    .bind(text(&session.metadata)?)
    .bind(occurred_at)
    .bind(effective_at.map(|at| at.0.as_str()))
    .bind(clock::text(now))
    .execute(tx)
    .await?;
    Ok(())
}

/// The offer that was taken, else the one that was made last.
fn offer(session: &Stored, run: &Run) -> Option<OfferMade> {
    let taken = run.accepted();
    let record = taken.or_else(|| run.offers.last())?;
    let offer = session.flow.offer(&record.id)?;
    Some(OfferMade {
        kind: Some(offer.kind.name().into()),
        accepted: Some(taken.is_some()),
        label: Some(offer.headline.clone()),
    })
}

/// Takes a run out of the ledger that has no outcome any more, because billing has refused it.
async fn drop_run(tx: &mut Tx, session: &Stored, number: u32) -> Result<(), Error> {
    sqlx::query("DELETE FROM cancellations WHERE session = $1 AND run = $2 AND settled = 0")
        .bind(&session.id)
        .bind(number)
        .execute(tx)
        .await?;
    Ok(())
}
