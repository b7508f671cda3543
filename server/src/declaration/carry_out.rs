//! Carrying out what is confirmed: a session of the retention flow that does nothing but cancel. So audit trail, receipt and
//! billing are those of every cancellation, and it happens exactly once, through kills and outages.

use flow::{Action, Declared, Effect, Run};
use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Map;
use uuid::Uuid;

use super::{Declaration, Desk, Kind, Status, Why};
use crate::billing::LookupError;
use crate::brand::{Brand, CancelTiming};
use crate::clock;
use crate::policy;
use crate::session::{Claims, Environment, Placed, SessionError, Stored, TIME_TO_OPEN, WITHDRAW_WITHIN};
use crate::store::Error;

impl Desk {
    /// Carries out what is confirmed.
    pub(super) async fn carry_out_due(&self) -> Result<(), Error> {
        let due = self.register.due(Status::Confirmed).await?;
        join_all(due.iter().map(|declaration| self.carry_out(&declaration.id))).await.into_iter().collect()
    }

    /// Carries out a declaration, if it is confirmed. What does not come to an end now is gone on with later.
    pub(super) async fn carry_out(&self, id: &str) -> Result<(), Error> {
        let Some(declaration) = self.register.by_id(id).await? else { return Ok(()) };
        if declaration.status != Status::Confirmed {
            return Ok(());
        }
        match self.try_to_cancel(&declaration).await {
            Ok(End::Settled(effect, at, why)) => self.register.settle(&declaration, effect, at, why).await,
            Ok(End::ForAPerson(why)) => self.register.hand_over(&declaration, why).await,
            Ok(End::Pending) => self.register.postpone(id).await,
            Err(SessionError::Billing(error)) if !matches!(error, LookupError::Unavailable(_)) => {
                let why = Why::of(&error).unwrap_or(Why::NothingToCancel);
                self.register.hand_over(&declaration, why).await
            }
            Err(error) => {
                tracing::error!(%error, reference = declaration.reference, "a declaration cannot be carried out yet");
                self.register.postpone(id).await
            }
        }
    }

    async fn try_to_cancel(&self, declaration: &Declaration) -> Result<End, SessionError> {
        let sessions = &self.sessions;
        let brand = sessions.config.brand(&declaration.brand).ok_or(SessionError::UnknownBrand)?;
        let timing = timing(declaration, brand);
        let mut session = self.session(declaration, brand, timing).await?;
        if !session.state.is_canceled() {
            if declaration.kind == Kind::Withdraw && !can_withdraw(declaration, &session) {
                return Ok(End::ForAPerson(Why::NoWithdrawal));
            }
            if ends_too_early(declaration, brand, timing, &session, sessions.clock.now()) {
                return Ok(End::ForAPerson(Why::LaterEnd));
            }
            let cancel = Placed { at: session.state.next(), action: Action::Cancel(Declared::default()) };
            session = sessions.act_with(session, vec![cancel], timing).await?.session;
        }
        let Some(run) = session.state.runs.last() else { return Ok(End::Pending) };
        let refused = run.effect == Some(Effect::Requested) && self.was_refused(&session.id).await?;
        Ok(match run.effect {
            _ if refused => End::ForAPerson(Why::Refused),
            Some(effect @ (Effect::Applied | Effect::Requested)) => {
                let effect = if effect == Effect::Applied { "applied" } else { "requested" };
                let at = ends_at(run);
                let why = is_a_period_late(declaration, brand, &at).then_some(Why::LaterPeriod);
                End::Settled(effect, at, why)
            }
            Some(Effect::Pending) | None => End::Pending,
        })
    }

    /// The session it is carried out in. Its id is the declaration's, so that there is one, however often this is called.
    async fn session(
        &self,
        declaration: &Declaration,
        brand: &Brand,
        timing: CancelTiming,
    ) -> Result<Stored, SessionError> {
        let unexpected =
            |what: &str| SessionError::Internal(format!("{what} of declaration {}", declaration.reference));
        let id = declaration.session.as_deref().ok_or_else(|| unexpected("session"))?;
        // It has no hosted page that could expire, and billing may take longer than sessions live.
        if let Some(session) = Stored::by_id(&self.sessions.store, id).await? {
            return Ok(session);
        }
        let now = self.sessions.clock.now();
        let claims = Claims {
            sid: Uuid::parse_str(id).map_err(|_| unexpected("session"))?,
            brand: brand.slug.clone(),
            environment: Environment::Prod,
            customer: declaration.customer.clone().ok_or_else(|| unexpected("customer"))?,
            subscription: declaration.subscription.clone(),
            place: None,
            locale: Some(declaration.locale.clone()),
            email: None,
            consumer: None,
            withdrawal: declaration.kind == Kind::Withdraw,
            contract_started_at: None,
            return_url: None,
            metadata: Map::new(),
            hands_over: false,
            opens_until: now.saturating_add(TIME_TO_OPEN).unwrap_or(now),
        };
        let brand = Brand { cancel: timing, ..brand.clone() };
        self.sessions.open(&claims, &brand).await
    }

    async fn was_refused(&self, session: &str) -> Result<bool, Error> {
        let refused: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM intents WHERE session = $1 AND status = 'refused'")
                .bind(session)
                .fetch_optional(self.sessions.store.read())
                .await?;
        Ok(refused.is_some())
    }
}

/// What came of carrying out.
enum End {
    /// It is done: the effect, when the contract ends, and what is left for a person to see to.
    Settled(&'static str, String, Option<Why>),
    /// It is not, and a person has to see to it.
    ForAPerson(Why),
    /// Nobody knows yet.
    Pending,
}

/// Whether a withdrawal arrived in time, from a country that has the function. What nobody knows a person has to see to.
fn can_withdraw(declaration: &Declaration, session: &Stored) -> bool {
    let received = clock::parse(&declaration.received_at).ok();
    let began = session.billing.began_at;
    let in_time = began
        .zip(received)
        .is_some_and(|(began, received)| received.duration_since(began) <= WITHDRAW_WITHIN);
    in_time && session.billing.customer.place.as_ref().is_none_or(policy::withdrawal)
}

/// An extraordinary cancellation and a withdrawal end a contract at once, any other as the brand does it.
fn timing(declaration: &Declaration, brand: &Brand) -> CancelTiming {
    if declaration.content.extraordinary || declaration.kind == Kind::Withdraw {
        return CancelTiming::Immediately;
    }
    brand.cancel
}

/// Whether the contract would end before the day that is wished for, which would take away what the customer wants to keep.
fn ends_too_early(
    declaration: &Declaration,
    brand: &Brand,
    timing: CancelTiming,
    session: &Stored,
    now: Timestamp,
) -> bool {
    let Some(wished) = declaration.content.wished_end else { return false };
    let end = match timing {
        CancelTiming::Immediately => now,
        CancelTiming::AtPeriodEnd => {
            let told = session.flow.cancellation.effective_at.as_ref();
            told.and_then(|at| clock::parse(&at.0).ok()).unwrap_or(now)
        }
    };
    day(end, brand) < wished
}

/// Whether the contract ends after the period in which the declaration arrived, though nobody wished it to. A declaration counts from
/// its arrival, however late it was confirmed.
fn is_a_period_late(declaration: &Declaration, brand: &Brand, ends_at: &str) -> bool {
    let Some(period_end) = &declaration.period_end else { return false };
    let wished_later = declaration
        .content
        .wished_end
        .is_some_and(|wished| clock::parse(period_end).is_ok_and(|end| day(end, brand) < wished));
    ends_at > period_end.as_str() && !wished_later
}

/// The day where the brand is.
fn day(at: Timestamp, brand: &Brand) -> Date {
    at.to_zoned(TimeZone::get(&brand.time_zone).unwrap_or(TimeZone::UTC)).date()
}

/// When a canceled contract ends: as its receipt says, else at the press.
fn ends_at(run: &Run) -> String {
    let receipt = run.receipt.as_ref();
    receipt
        .map(|receipt| receipt.effective_at.as_ref().unwrap_or(&receipt.issued_at).0.clone())
        .unwrap_or_default()
}
