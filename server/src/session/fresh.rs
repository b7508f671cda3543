//! What billing says at the moment of an action: paid periods and prices go on while a flow is open.

use std::time::Duration;

use flow::{Action, Flow};

use super::act::{self, Placed};
use super::sessions::{SessionError, Sessions};
use super::stored::Stored;
use crate::billing::{Billing, Can, Lookup, LookupError, Snapshot};
use crate::brand::Brand;
use crate::offer::History;
use crate::resolve::{self, Circumstances};

/// How long an action waits for billing to say what is true now.
const ASK_WITHIN: Duration = Duration::from_secs(4);

/// What billing says at the moment of the actions. By default nothing, which is enough where it is not [asked](Fresh::asks).
#[derive(Clone, Debug, Default)]
pub(super) struct Fresh {
    /// The terms of the offers that are about to be accepted, where they are no longer what the customer was shown.
    pub(super) terms: Option<Terms>,
    /// The subscription that is about to be canceled. None where billing does not say.
    pub(super) billing: Option<Snapshot>,
}

/// What has changed in billing since the customer was shown an offer.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// The flow with the prices of now.
    pub(super) flow: Flow,
    /// What billing says now.
    pub(super) billing: Snapshot,
}

impl Fresh {
    /// Whether billing has to be asked before these actions.
    pub(super) fn asks(actions: &[Placed]) -> bool {
        actions.iter().any(|placed| matches!(placed.action, Action::Accept { .. } | Action::Cancel(_)))
    }

    /// Asks billing for what these actions need.
    ///
    /// # Errors
    /// The database failed, or the brand has no billing.
    pub(super) async fn of(
        sessions: &Sessions,
        session: &Stored,
        brand: &Brand,
        actions: &[Placed],
    ) -> Result<Self, SessionError> {
        Ok(Self {
            terms: changed_terms(sessions, session, brand, actions).await?,
            billing: billing_now(sessions, session, actions).await?,
        })
    }
}

/// Flow and billing anew, if an offer is about to be accepted and is no longer what the customer was shown.
async fn changed_terms(
    sessions: &Sessions,
    session: &Stored,
    brand: &Brand,
    actions: &[Placed],
) -> Result<Option<Terms>, SessionError> {
    let mut offers = Vec::new();
    for placed in actions {
        if let Action::Accept { claim, .. } = &placed.action
            && !act::is_known(&sessions.store, &session.id, placed.at).await?
        {
            offers.push(claim.as_str());
        }
    }
    if offers.is_empty() {
        return Ok(None);
    }
    let billing = sessions.billing(&session.brand, session.environment, session.hands_over)?;
    let mut fresh = match ask(&*billing, session).await {
        Ok(fresh) => fresh,
        // Billing looks again when it carries the acceptance out, and refuses it when the terms are not these.
        Err(error) if error.says_nothing() => return Ok(None),
        Err(_) => Snapshot { can: Can::default(), ..session.billing.clone() },
    };
    // The merchant may have said it, and said it once.
    fresh.began_at = session.billing.began_at;
    let Stored { brand: slug, environment, customer, id, .. } = session;
    let history = History::of(&sessions.store, slug, *environment, customer, id).await?;
    let now = sessions.clock.now();
    let circumstances = Circumstances { snapshot: &fresh, history: &history, plans: None, now };
    let flow = resolve::refresh(&session.flow, &session.policy, &session.deals, brand, circumstances);
    let shown = |flow: &Flow, claim: &str| flow.offers.iter().find(|o| o.claim_id == claim).cloned();
    let same = offers.iter().all(|claim| match shown(&session.flow, claim) {
        // One that is not in the flow is refused later, by the flow.
        None => true,
        Some(offer) if offer.kind.leads_elsewhere() => true,
        Some(offer) => fresh.terms == session.billing.terms && shown(&flow, claim) == Some(offer),
    });
    if same {
        return Ok(None);
    }
    Ok(Some(Terms { flow, billing: fresh }))
}

/// What billing says now, if the customer cancels: paid periods go on while a flow is open. None where billing cannot be
/// asked or has nothing to cancel: a cancellation goes on all the same.
async fn billing_now(
    sessions: &Sessions,
    session: &Stored,
    actions: &[Placed],
) -> Result<Option<Snapshot>, SessionError> {
    if actions.iter().all(|placed| !matches!(placed.action, Action::Cancel(_))) {
        return Ok(None);
    }
    let billing = sessions.billing(&session.brand, session.environment, session.hands_over)?;
    match ask(&*billing, session).await {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(LookupError::Unavailable(why)) => {
            tracing::warn!(why, "billing cannot be asked: a cancellation goes on with what it knew");
            Ok(None)
        }
        Err(_) => Ok(None),
    }
}

/// What billing says of the session's own subscription.
async fn ask(billing: &dyn Billing, session: &Stored) -> Result<Snapshot, LookupError> {
    let lookup = Lookup {
        customer: Some(session.customer.clone()),
        email: None,
        subscription: session.subscription.clone(),
        token: None,
    };
    let late = |_| Err(LookupError::Unavailable("it did not answer in time".into()));
    let mut fresh = tokio::time::timeout(ASK_WITHIN, billing.snapshot(&lookup)).await.unwrap_or_else(late)?;
    fresh.customer.email = session.billing.customer.email.clone().or(fresh.customer.email);
    Ok(fresh)
}
