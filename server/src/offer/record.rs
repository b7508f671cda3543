use flow::{Flow, Offer, Response, Run, Word};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock;
use crate::session::Stored;
use crate::store::{Error, Tx};

/// Writes down every offer of a run and how it was answered, with what the customer agreed to. Can be repeated: what is
/// written already keeps its times.
pub async fn record(
    tx: &mut Tx,
    session: &Stored,
    number: u32,
    run: &Run,
    now: Timestamp,
) -> Result<(), Error> {
    let now = clock::text(now);
    for made in &run.offers {
        let Some(offer) = session.flow.offer(&made.id) else { continue };
        let accepted = matches!(made.response, Response::Accepted | Response::Refused);
        let consent =
            accepted.then(|| consent(&session.flow, &session.policy.id, offer, made.choice.as_deref()));
        sqlx::query(
            "INSERT INTO offers_made (session, run, offer, claim_id, kind, brand, environment, customer, subscription, \
             response, choice, consent, shown_at, answered_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, CASE WHEN $10 = 'shown' THEN NULL ELSE $13 END) \
             ON CONFLICT (session, run, offer) DO UPDATE SET response = excluded.response, choice = excluded.choice, \
             consent = COALESCE(offers_made.consent, excluded.consent), \
             answered_at = COALESCE(offers_made.answered_at, excluded.answered_at)",
        )
        .bind(&session.id)
        .bind(number)
        .bind(&offer.id)
        .bind(&offer.claim_id)
        .bind(offer.kind.name())
        .bind(&session.brand)
        .bind(session.environment.name())
        .bind(&session.customer)
        .bind(&session.subscription)
        .bind(made.response.name())
        .bind(&made.choice)
        .bind(consent.map(|consent| consent.to_string()))
        .bind(&now)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// What was on the screen when the button was pressed.
fn consent(flow: &Flow, policy: &str, offer: &Offer, choice: Option<&str>) -> Value {
    let button = flow.words.get(if offer.pays { Word::AcceptAndPay } else { Word::Accept });
    json!({
        "button": button,
        "headline": offer.headline,
        "body": offer.body,
        "choice": offer.choice(choice),
        "locale": flow.locale,
        "policy": policy,
    })
}
