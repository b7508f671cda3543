//! What billing's answer changes here: the intent, the session's state and the run's outcome, and who is told, in one transaction.

use flow::{Settlement, State};
use jiff::Timestamp;

use crate::{
    cancellation, clock, receipt,
    session::{Ended, Environment, Stored},
    store::{Error, Tx},
    webhook,
};

/// The status of an intent that is settled so.
pub(super) fn status(settlement: Settlement) -> &'static str {
    match settlement {
        Settlement::Applied => "applied",
        Settlement::Requested => "requested",
        Settlement::Refused => "refused",
    }
}

/// What a status says. None for an intent that is pending.
pub(super) fn read(text: &str) -> Option<Settlement> {
    [Settlement::Applied, Settlement::Requested, Settlement::Refused].into_iter().find(|s| status(*s) == text)
}

/// Settles an intent. One that is settled already is left as it is.
pub(super) async fn write(
    tx: &mut Tx,
    intent: &str,
    settlement: Settlement,
    reason: Option<String>,
    now: Timestamp,
) -> Result<(), Error> {
    let at = now;
    let now = clock::text(now);
    let settled: Option<(String, u32)> = sqlx::query_as(
        "UPDATE intents SET status = $1, attempts = attempts + 1, last_error = $2, settled_at = $3 \
         WHERE id = $4 AND status = 'pending' RETURNING session, run",
    )
    .bind(status(settlement))
    .bind(reason)
    .bind(&now)
    .bind(intent)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((session, run)) = settled else { return Ok(()) };

    let (state, brand, environment): (String, String, String) =
        sqlx::query_as("SELECT state, brand, environment FROM sessions WHERE id = $1")
            .bind(&session)
            .fetch_one(&mut *tx)
            .await?;
    let state: serde_json::Value = serde_json::from_str(&state).map_err(|e| unreadable(&session, &e))?;
    let state = State::read(&&state).map_err(|e| unreadable(&session, &format!("{e:?}")))?;
    let next = flow::settle(&state, run, settlement);
    let environment = Environment::named(&environment).unwrap_or_default();
    let was = match webhook::wanted(tx, &brand, environment, webhook::Kind::SessionSettled).await? {
        true => Ended::locked(tx, &session, run).await?,
        false => None,
    };
    if settlement == Settlement::Refused
        && let Some(receipt) = nth(&state, run).and_then(|run| run.receipt.as_ref())
    {
        receipt::tell_refused(tx, &receipt.reference, at).await?;
    }
    sqlx::query("UPDATE sessions SET state = $1 WHERE id = $2")
        .bind(json(&next)?)
        .bind(&session)
        .execute(&mut *tx)
        .await?;
    if settlement == Settlement::Refused {
        sqlx::query(
            "UPDATE offers_made SET response = 'refused' WHERE session = $1 AND run = $2 AND response = 'accepted'",
        )
        .bind(&session)
        .bind(run)
        .execute(&mut *tx)
        .await?;
    }
    write_outcome(tx, &session, run, &state, &next, &now).await?;
    let session = Stored::locked(tx, &session).await?;
    if let (Some(was), Some(is)) = (was, nth(&next, run)) {
        webhook::settled(tx, &session, was, is, status(settlement), at).await?;
    }
    cancellation::follow(tx, &session, at).await
}

/// Makes the outcome's row say what the state says of the run now.
async fn write_outcome(
    tx: &mut Tx,
    session: &str,
    run: u32,
    before: &State,
    after: &State,
    now: &str,
) -> Result<(), Error> {
    let (Some(was), Some(is)) = (nth(before, run), nth(after, run)) else { return Ok(()) };
    let withdrawn =
        is.outcome.is_none() || is.outcome == Some(flow::Outcome::Canceled) && was.outcome != is.outcome;
    if withdrawn {
        // Either the run is open again, or an undo was refused: then what counts is the cancellation of the run before.
        sqlx::query("DELETE FROM outcomes WHERE session = $1 AND run = $2")
            .bind(session)
            .bind(run)
            .execute(&mut *tx)
            .await?;
        if let (Some(receipt), Some(_)) = (&is.receipt, is.outcome) {
            sqlx::query("UPDATE outcomes SET receipt = $1 WHERE session = $2 AND run = $3")
                .bind(json(receipt)?)
                .bind(session)
                .bind(run.saturating_sub(1))
                .execute(tx)
                .await?;
        }
        return Ok(());
    }
    let kept = was.outcome == is.outcome;
    let (outcome, effect) = (is.outcome.map(flow::Outcome::name), is.effect.map(flow::Effect::name));
    let sql = if kept {
        "UPDATE outcomes SET outcome = $1, effect = $2, settled_at = $3 WHERE session = $4 AND run = $5"
    } else {
        // A later run has begun, and nothing came of this one: there is no offer taken and no receipt.
        "UPDATE outcomes SET outcome = $1, effect = $2, settled_at = $3, offer_id = NULL, offer_kind = NULL, \
         receipt_reference = NULL, receipt = NULL WHERE session = $4 AND run = $5"
    };
    sqlx::query(sql).bind(outcome).bind(effect).bind(now).bind(session).bind(run).execute(tx).await?;
    Ok(())
}

fn nth(state: &State, run: u32) -> Option<&flow::Run> {
    state.runs.get((run as usize).checked_sub(1)?)
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Malformed(error.to_string()))
}

fn unreadable(session: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Malformed(format!("the state of session {session}: {error}"))
}
