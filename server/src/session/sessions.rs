use std::sync::Arc;

use flow::{Effect, Page, State};
use serde_json::Map;
use uuid::Uuid;

use super::act::{self, Conflict, Placed};
use super::claims::{Claims, Environment, TIME_TO_ACT};
use super::fresh::Fresh;
use super::handle::new_handle;
use super::order;
use super::outcome::{Ended, TokenClaims};
use super::stored::Stored;
use crate::billing::{Billing, Lookup, LookupError, Registry};
use crate::brand::{Brand, CancelTiming};
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::customer_limits::CustomerLimits;
use crate::intents::Executor;
use crate::offer::History;
use crate::receipt::Issuer;
use crate::resolve::{self, Circumstances, Wish};
use crate::seal::{SealError, Sealer};
use crate::sign::{Signer, TokenError};
use crate::store::{self, Store};

/// Everything that can be done with sessions. Clones share everything.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The configuration.
    pub config: Arc<Config>,
    /// Each brand's billing.
    pub billings: Registry,
    /// Who carries out what billing is to do.
    pub executor: Executor,
    /// Who seals session ids.
    pub sealer: Arc<Sealer>,
    /// Who signs results.
    pub signer: Arc<Signer>,
    /// Who counts what customers ask for.
    pub limits: Arc<CustomerLimits>,
}

/// A session after something was done.
#[derive(Clone, Debug)]
pub struct Acted {
    /// The session as it is now.
    pub session: Stored,
    /// What was not applied, and why.
    pub conflict: Option<Conflict>,
}

/// Why nothing can be done with a session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The id is not one.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// More was asked to be sealed into an id than one can carry.
    #[error(
        "The session id would be longer than 6000 characters. Send less `metadata`, or a shorter `return_url`."
    )]
    TooLarge,
    /// The customer has asked too often. The value is how long to wait.
    #[error("This customer asks too often.")]
    TooOften(std::time::Duration),
    /// Its time is over.
    #[error("This session id has expired. Make a new one with POST /v1/retention/session.")]
    Expired,
    /// It belongs to another brand than the caller.
    #[error("This session id is of another brand. Use the id and the public key of the same brand.")]
    OtherBrand,
    /// Its brand is no longer configured.
    #[error("The brand of this session id is not configured on this server.")]
    UnknownBrand,
    /// Billing does not lead to a subscription.
    #[error(transparent)]
    Billing(#[from] LookupError),
    /// The customer cannot withdraw. A sentence says why.
    #[error("{0}")]
    NoWithdrawal(&'static str),
    /// The result token is not one.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Something that should not happen.
    #[error("{0}")]
    Internal(String),
}

impl Sessions {
    /// Reads a session id. Its time is looked at when it is [opened](Self::open).
    ///
    /// # Errors
    /// The text is not a session id of the retention flow, or of a brand that is not configured.
    pub fn read(&self, id: &str) -> Result<(Claims, Arc<Brand>), SessionError> {
        let claims = Claims::open(&self.sealer, id)?;
        let brand = self.config.brand(&claims.brand).cloned().ok_or(SessionError::UnknownBrand)?;
        Ok((claims, brand))
    }

    /// A session id for a session that is stored, such as the script of its hosted page needs. It names the session and
    /// holds nothing that resolves a flow: no other can be opened with it.
    ///
    /// # Errors
    /// There is no randomness to seal it with.
    pub fn id_of(&self, session: &Stored) -> Result<String, SessionError> {
        let claims = Claims {
            sid: Uuid::parse_str(&session.id).map_err(|error| SessionError::Internal(error.to_string()))?,
            brand: session.brand.clone(),
            environment: session.environment,
            customer: session.customer.clone(),
            subscription: session.subscription.clone(),
            email: None,
            place: None,
            locale: None,
            consumer: None,
            withdrawal: false,
            contract_started_at: None,
            return_url: None,
            metadata: Map::new(),
            hands_over: session.hands_over,
            opens_until: self.clock.now(),
        };
        claims.seal(&self.sealer).map_err(SessionError::Internal)
    }

    /// The session of a session id. The first call resolves the flow and stores it; from then on it is frozen.
    ///
    /// # Errors
    /// Its time is over, or billing does not lead to its subscription any more.
    pub async fn open(&self, claims: &Claims, brand: &Brand) -> Result<Stored, SessionError> {
        let handle = new_handle().map_err(|error| SessionError::Internal(error.to_string()))?;
        self.open_at(claims, brand, handle).await
    }

    /// The same, with a hosted page of this handle where the session is a new one.
    pub(super) async fn open_at(
        &self,
        claims: &Claims,
        brand: &Brand,
        handle: String,
    ) -> Result<Stored, SessionError> {
        let id = claims.sid.to_string();
        if let Some(session) = Stored::by_id(&self.store, &id).await? {
            return self.alive(session);
        }
        // A browser may have the id still: it must not bring back whom it was of.
        if Stored::is_erased(&self.store, &id).await? {
            return Err(SessionError::Expired);
        }
        let now = self.clock.now();
        if now >= claims.opens_until {
            return Err(SessionError::Expired);
        }
        let billing = self.billing(&brand.slug, claims.environment, claims.hands_over)?;
        let lookup = Lookup {
            customer: Some(claims.customer.clone()),
            email: None,
            subscription: claims.subscription.clone(),
            token: None,
        };
        let mut snapshot = billing.snapshot(&lookup).await?;
        snapshot.began_at = claims.contract_started_at.or(snapshot.began_at);
        let plans = billing.plans_open_to(&snapshot.customer.id, &resolve::plans_named(brand)).await?;
        let history =
            History::of(&self.store, &brand.slug, claims.environment, &claims.customer, &id).await?;
        // The merchant may know a newer address than billing does.
        snapshot.customer.email = claims.email.clone().or(snapshot.customer.email);
        let page = Page { action: format!("{}/c", self.config.server.pages_url()), handle: handle.clone() };
        let wish = Wish {
            place: claims.place.as_ref(),
            locale: claims.locale.as_deref(),
            consumer: claims.consumer != Some(false),
            withdrawal: claims.withdrawal,
            contract_started_at: claims.contract_started_at,
        };
        let policy = resolve::policy(brand, &snapshot.customer, wish);
        let circumstances =
            Circumstances { snapshot: &snapshot, history: &history, plans: plans.as_deref(), now };
        let (flow, deals) = resolve::resolve(brand, &policy, circumstances, wish, page)
            .map_err(|error| SessionError::Internal(error.to_string()))?;
        let session = Stored {
            id: id.clone(),
            brand: brand.slug.clone(),
            environment: claims.environment,
            customer: claims.customer.clone(),
            subscription: snapshot.subscription.clone(),
            user_id: snapshot.customer.user_id.clone(),
            handle,
            flow,
            policy,
            state: State::default(),
            deals,
            billing: snapshot,
            return_url: claims.return_url.clone(),
            metadata: claims.metadata.clone(),
            hands_over: claims.hands_over,
            opened_at: clock::text(now),
            expires_at: clock::text(now.saturating_add(TIME_TO_ACT).unwrap_or(now)),
        };
        // Two first fetches may meet: what was stored first is the session.
        let written = self.store.write(async move |tx| {
            if session.insert(tx).await? {
                return Ok(session);
            }
            Stored::found(tx, &id).await?.ok_or(SessionError::Expired)
        });
        written.await
    }

    /// The session of a hosted page, if there is one. Its time is looked at by [`alive`](Self::alive).
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn by_handle(&self, handle: &str) -> Result<Option<Stored>, SessionError> {
        Ok(Stored::by_handle(&self.store, handle).await?)
    }

    /// Does what a customer did, waits a few seconds for billing, and gives the session as it is then.
    ///
    /// # Errors
    /// The database failed, or the brand is no longer configured. Conflicts are no errors.
    pub async fn act(&self, session: Stored, actions: Vec<Placed>) -> Result<Acted, SessionError> {
        let cancel = self.config.brand(&session.brand).ok_or(SessionError::UnknownBrand)?.cancel;
        self.act_with(session, actions, cancel).await
    }

    /// [Does](Self::act) the same, with cancellations that take effect then, whatever the brand has configured.
    ///
    /// # Errors
    /// As those of [`act`](Self::act).
    pub async fn act_with(
        &self,
        session: Stored,
        mut actions: Vec<Placed>,
        cancel: CancelTiming,
    ) -> Result<Acted, SessionError> {
        order::open_first(&session.state, &mut actions);
        let brand = self.config.brand(&session.brand).cloned().ok_or(SessionError::UnknownBrand)?;
        let fresh = Fresh::of(self, &session, &brand, &actions).await?;
        let (now, issuer) = (self.clock.now(), self.issuer(brand));
        let (session, conflict) = self
            .store
            .write(async move |tx| {
                let session = Stored::found(tx, &session.id).await?.ok_or(SessionError::Expired)?;
                let done = act::write(tx, session, &actions, fresh, cancel, &issuer, now).await?;
                Ok::<_, SessionError>(done)
            })
            .await?;
        Ok(Acted { session: self.settled(session).await?, conflict })
    }

    /// [Opens](Self::open) a session and [does](Self::act) what a customer did in it.
    ///
    /// Where billing need not be asked first, the session is read in the transaction that writes it, and only there: reading one
    /// costs more than everything else about most actions.
    ///
    /// # Errors
    /// As those of the two.
    pub async fn open_and_act(
        &self,
        claims: &Claims,
        brand: &Arc<Brand>,
        mut actions: Vec<Placed>,
    ) -> Result<Acted, SessionError> {
        if Fresh::asks(&actions) {
            return self.act(self.open(claims, brand).await?, actions).await;
        }
        let (now, issuer, cancel) = (self.clock.now(), self.issuer(brand.clone()), brand.cancel);
        let (sessions, id) = (self.clone(), claims.sid.to_string());
        let again = actions.clone();
        let done = self.store.write(async move |tx| {
            let Some(session) = Stored::found(tx, &id).await? else { return Ok(None) };
            let session = sessions.alive(session)?;
            order::open_first(&session.state, &mut actions);
            let done = act::write(tx, session, &actions, Fresh::default(), cancel, &issuer, now).await?;
            Ok::<_, SessionError>(Some(done))
        });
        match done.await? {
            Some((session, conflict)) => Ok(Acted { session: self.settled(session).await?, conflict }),
            None => self.act(self.open(claims, brand).await?, again).await,
        }
    }

    fn issuer(&self, brand: Arc<Brand>) -> Issuer {
        Issuer { signer: self.signer.clone(), origin: self.config.server.public_url.clone(), brand }
    }

    /// The result of a session, with its token: of the latest run that has an outcome.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn result(&self, session: &Stored) -> Result<Option<(Ended, String)>, SessionError> {
        // Only a run that has ended has an outcome to be looked up.
        if session.state.runs.iter().all(|run| run.outcome.is_none()) {
            return Ok(None);
        }
        let Some(ended) = Ended::latest(&self.store, &session.id).await? else { return Ok(None) };
        let claims = ended.claims(session, &self.config.server.public_url)?;
        let token = self.signer.sign(&claims).map_err(|error| SessionError::Internal(error.to_string()))?;
        Ok(Some((ended, token)))
    }

    /// What a result token stands for, and what is known now: of its own run, or, when billing has refused what the run was
    /// to do, of the latest run that has an outcome. The token's time is looked at.
    ///
    /// # Errors
    /// The token is not this server's, or its time is over.
    pub async fn verify(
        &self,
        token: &str,
    ) -> Result<(TokenClaims, Option<(Stored, Option<Ended>)>), SessionError> {
        let claims: TokenClaims = self.signer.verify(token)?;
        if claims.iss != self.config.server.public_url {
            return Err(TokenError::BadSignature.into());
        }
        if self.clock.now().as_second() >= claims.exp {
            return Err(SessionError::Expired);
        }
        let Some(session) = Stored::by_id(&self.store, &claims.sid).await? else { return Ok((claims, None)) };
        let ended = match Ended::by_event(&self.store, &claims.jti).await? {
            Some(ended) => Some(ended),
            None => Ended::latest(&self.store, &session.id).await?,
        };
        Ok((claims, Some((session, ended))))
    }

    /// Whether what a merchant's backend sent names one customer and can be nobody else.
    ///
    /// # Errors
    /// [`LookupError::AmbiguousCustomer`] when it may be two customers'.
    pub async fn unmistakable(
        &self,
        brand: &Brand,
        environment: Environment,
        lookup: &Lookup,
    ) -> Result<(), SessionError> {
        Ok(self.billing(&brand.slug, environment, false)?.unmistakable(lookup).await?)
    }

    /// The billing of a brand, or, where a session hands over, the merchant.
    pub(crate) fn billing(
        &self,
        brand: &str,
        environment: Environment,
        hands_over: bool,
    ) -> Result<Arc<dyn Billing>, SessionError> {
        self.billings.of(brand, environment, hands_over).ok_or(SessionError::UnknownBrand)
    }

    /// Gives the session back while it can be used.
    ///
    /// # Errors
    /// [`SessionError::Expired`] when its time is over.
    pub fn alive(&self, session: Stored) -> Result<Stored, SessionError> {
        if session.expires_at > self.clock.now_text() { Ok(session) } else { Err(SessionError::Expired) }
    }

    /// Waits for billing where an effect is pending, and gives the session as it is then.
    async fn settled(&self, session: Stored) -> Result<Stored, SessionError> {
        if session.state.runs.iter().all(|run| run.effect != Some(Effect::Pending)) {
            return Ok(session);
        }
        let intents: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM intents WHERE session = $1 AND status = 'pending' ORDER BY run DESC, created_at DESC LIMIT 1",
        )
        .bind(&session.id)
        .fetch_all(self.store.read())
        .await
        .map_err(store::Error::from)?;
        let billing = self.billing(&session.brand, session.environment, session.hands_over)?;
        for intent in intents {
            self.executor.settle_now(&intent, billing.patience()).await?;
        }
        Ok(Stored::by_id(&self.store, &session.id).await?.unwrap_or(session))
    }
}
