use flow::State;
use serde::Serialize;
use utoipa::ToSchema;

/// How far a customer has come in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// There is a link, or the flow was fetched. Nobody has seen it.
    Created,
    /// The customer has seen the first step.
    Opened,
    /// The customer has said why.
    ReasonSelected,
    /// The customer was made an offer.
    OfferShown,
    /// The customer has decided.
    Completed,
    /// Its time is over, and the customer has not decided.
    Expired,
}

impl Progress {
    /// Where a customer is by the state of the session, which `decided` and `expired` come before.
    #[must_use]
    pub fn of(state: &State, decided: bool, expired: bool) -> Self {
        match state.runs.last() {
            _ if decided => Self::Completed,
            _ if expired => Self::Expired,
            None => Self::Created,
            Some(run) if !run.offers.is_empty() => Self::OfferShown,
            Some(run) if run.answers.reason.is_some() => Self::ReasonSelected,
            Some(_) => Self::Opened,
        }
    }
}
