use flow::{Receipt, Run};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use utoipa::ToSchema;

use super::stored::{Stored, text};
use crate::clock;
use crate::store::{Error, Store, Tx};

/// How long a result token is valid, from the press. Longer than a session lives after it, so that a customer who leaves the
/// receipt late still brings a valid one.
pub const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// What a run came to, as the database holds it.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The run, counted from 1.
    pub run: u32,
    /// `saved`, `canceled` or `aborted`.
    pub outcome: String,
    /// `applied`, `requested` or `pending`; None where nothing had to change.
    pub effect: Option<String>,
    /// Key of the reason the customer gave.
    pub reason_key: Option<String>,
    /// The reason's shared code.
    pub reason_code: Option<String>,
    /// Id of the offer the customer took.
    pub offer_id: Option<String>,
    /// Kind of that offer.
    pub offer_kind: Option<String>,
    /// Which of its choices, where there was something to be billed.
    pub offer_choice: Option<String>,
    /// The receipt, as JSON.
    pub receipt: Option<Value>,
    /// The id of the event, and of its token.
    pub jti: String,
    /// The moment of the press.
    pub completed_at: String,
}

/// What a result token says. No free text, and nothing that is not in the database: the same rows give the same claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenClaims {
    /// The server's origin.
    pub iss: String,
    /// The brand's slug.
    pub aud: String,
    /// The merchant's user id, else the customer's id in billing.
    pub sub: String,
    /// The session's id.
    pub sid: String,
    /// The run.
    pub run: u32,
    /// `prod` or `sandbox`.
    pub env: String,
    /// `saved`, `canceled` or `aborted`.
    pub outcome: String,
    /// `applied`, `requested`, `pending` or null.
    pub effect: Option<String>,
    /// Key of the reason.
    pub reason: Option<String>,
    /// Id of the accepted offer.
    pub offer: Option<String>,
    /// The policy that held, such as `us-mn`; `eu-withdrawal` where the customer has withdrawn from the contract.
    #[serde(default)]
    pub policy: String,
    /// The subscription's id in billing.
    pub subscription: Option<String>,
    /// The receipt's reference.
    pub receipt: Option<String>,
    /// The moment of the press, in seconds since 1970.
    pub iat: i64,
    /// Until when the token is valid, in seconds since 1970.
    pub exp: i64,
    /// The event's id. A token that is issued again, for example once billing has answered, keeps it.
    pub jti: String,
}

impl Ended {
    /// What an outcome of this run is, before it is written. None while the run is open.
    pub(super) fn of(session: &Stored, number: u32, run: &Run, jti: String, now: Timestamp) -> Option<Self> {
        let reason = run.answers.reason.as_ref();
        let offer = run.accepted().and_then(|record| session.flow.offer(&record.id));
        Some(Self {
            run: number,
            outcome: run.outcome?.name().into(),
            effect: run.effect.map(|effect| effect.name().into()),
            reason_key: reason.cloned(),
            reason_code: reason.and_then(|key| session.flow.reason(key)?.code).map(|code| code.name().into()),
            offer_id: offer.map(|offer| offer.id.clone()),
            offer_kind: offer.map(|offer| offer.kind.name().into()),
            offer_choice: run.accepted().and_then(|record| record.choice.clone()),
            receipt: run.receipt.as_ref().map(|receipt| json!(receipt)),
            jti,
            completed_at: clock::text(now),
        })
    }

    /// Writes the outcome. An effect that is not pending is settled.
    pub(super) async fn insert(&self, tx: &mut Tx, session: &str) -> Result<(), Error> {
        let settled_at = (self.effect.as_deref() != Some("pending")).then_some(&self.completed_at);
        sqlx::query(
            "INSERT INTO outcomes (session, run, outcome, effect, reason_key, reason_code, offer_id, offer_kind, \
             receipt_reference, receipt, jti, completed_at, settled_at, offer_choice) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(session)
        .bind(self.run)
        .bind(&self.outcome)
        .bind(&self.effect)
        .bind(&self.reason_key)
        .bind(&self.reason_code)
        .bind(&self.offer_id)
        .bind(&self.offer_kind)
        .bind(self.reference())
        .bind(self.receipt.as_ref().map(text).transpose()?)
        .bind(&self.jti)
        .bind(&self.completed_at)
        .bind(settled_at)
        .bind(&self.offer_choice)
        .execute(tx)
        .await?;
        Ok(())
    }

    /// The outcome of a run, as the transaction sees it.
    pub(crate) async fn locked(tx: &mut Tx, session: &str, run: u32) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM outcomes WHERE session = $1 AND run = $2")
            .bind(session)
            .bind(run)
            .fetch_optional(tx)
            .await?;
        row.as_ref().map(Self::read).transpose()
    }

    /// The latest run of a session that has an outcome.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn latest(store: &Store, session: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM outcomes WHERE session = $1 ORDER BY run DESC LIMIT 1")
            .bind(session)
            .fetch_optional(store.read())
            .await?;
        row.as_ref().map(Self::read).transpose()
    }

    /// The outcome of an event's id.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    pub async fn by_event(store: &Store, jti: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM outcomes WHERE jti = $1")
            .bind(jti)
            .fetch_optional(store.read())
            .await?;
        row.as_ref().map(Self::read).transpose()
    }

    fn read(row: &SqliteRow) -> Result<Self, Error> {
        let receipt: Option<String> = row.try_get("receipt")?;
        let receipt = receipt.map(|text| serde_json::from_str(&text)).transpose();
        Ok(Self {
            run: row.try_get("run")?,
            outcome: row.try_get("outcome")?,
            effect: row.try_get("effect")?,
            reason_key: row.try_get("reason_key")?,
            reason_code: row.try_get("reason_code")?,
            offer_id: row.try_get("offer_id")?,
            offer_kind: row.try_get("offer_kind")?,
            offer_choice: row.try_get("offer_choice")?,
            receipt: receipt.map_err(|error| Error::Malformed(format!("a receipt: {error}")))?,
            jti: row.try_get("jti")?,
            completed_at: row.try_get("completed_at")?,
        })
    }

    /// What it is called in results.
    #[must_use]
    pub fn result_name(&self) -> ResultName {
        result_name(&self.outcome, self.offer_id.is_some())
    }

    /// The receipt's reference.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.receipt.as_ref()?.get("reference")?.as_str()
    }

    /// What a token of this outcome says.
    ///
    /// # Errors
    /// The row holds no moment.
    pub fn claims(&self, session: &Stored, issuer: &str) -> Result<TokenClaims, Error> {
        let at = clock::parse(&self.completed_at)
            .map_err(|error| Error::Malformed(format!("completed_at of session {}: {error}", session.id)))?;
        Ok(TokenClaims {
            iss: issuer.into(),
            aud: session.brand.clone(),
            sub: session.user_id.clone().unwrap_or_else(|| session.customer.clone()),
            sid: session.id.clone(),
            run: self.run,
            env: session.environment.name().into(),
            outcome: self.outcome.clone(),
            effect: self.effect.clone(),
            reason: self.reason_key.clone(),
            offer: self.offer_id.clone(),
            policy: session.policy.id.clone(),
            subscription: session.subscription.clone(),
            receipt: self.reference().map(Into::into),
            iat: at.as_second(),
            exp: at.as_second() + TOKEN_LIFE.as_secs(),
            jti: self.jti.clone(),
        })
    }

    /// The result, as browsers get it.
    #[must_use]
    pub fn told(&self, token: String) -> RunResult {
        RunResult {
            effect: self.effect.clone(),
            offer: self.offer_id.as_ref().map(|id| OfferTaken {
                choice: self.offer_choice.clone(),
                id: id.clone(),
                kind: self.offer_kind.clone(),
            }),
            outcome: self.outcome.clone(),
            reason: self
                .reason_key
                .as_ref()
                .map(|key| ReasonGiven { code: self.reason_code.clone(), key: key.clone() }),
            receipt: self.receipt.clone(),
            run: self.run,
            token,
        }
    }
}

/// How a run ended, as callbacks get it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunResult {
    /// What became of it in billing. Null where nothing had to change.
    #[schema(value_type = Option<flow::Effect>)]
    effect: Option<String>,
    /// The offer the customer took.
    offer: Option<OfferTaken>,
    /// How it ended.
    #[schema(value_type = flow::Outcome)]
    outcome: String,
    /// Why the customer wanted to leave.
    reason: Option<ReasonGiven>,
    /// The proof of it.
    #[schema(value_type = Option<flow::Receipt>)]
    receipt: Option<Value>,
    /// The run, counted from 1.
    run: u32,
    /// The signed result token, for the merchant's backend.
    token: String,
}

/// An offer that a customer took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferTaken {
    /// Which of its choices, where there was something to be billed.
    choice: Option<String>,
    /// The merchant's key of the offer.
    id: String,
    /// What kind of offer.
    #[schema(value_type = Option<flow::OfferKind>)]
    kind: Option<String>,
}

/// The reason that a customer gave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReasonGiven {
    /// Which of the eight codes it has that the billing world shares.
    #[schema(value_type = Option<flow::ReasonCode>)]
    code: Option<String>,
    /// The merchant's key of it.
    key: String,
}

/// What an outcome is called in results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultName {
    /// The customer leaves.
    CancelConfirmed,
    /// The customer took an offer.
    OfferAccepted,
    /// The customer stays without an offer, or took a cancellation back.
    Kept,
    /// The flow was closed without a decision.
    Abandoned,
}

/// What an outcome is called in results.
#[must_use]
pub fn result_name(outcome: &str, took_offer: bool) -> ResultName {
    match (outcome, took_offer) {
        ("canceled", _) => ResultName::CancelConfirmed,
        ("saved", true) => ResultName::OfferAccepted,
        ("saved", false) => ResultName::Kept,
        _ => ResultName::Abandoned,
    }
}

/// A receipt of something that was done now.
pub(super) fn receipt(
    reference: String,
    now: Timestamp,
    effective_at: Option<flow::Instant>,
    undo: bool,
) -> Receipt {
    Receipt { reference, issued_at: clock::instant(now), effective_at, undo }
}
