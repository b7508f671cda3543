use serde::{Deserialize, Serialize};
use url::Url;

/// How a customer authenticates a payment that waits for it, with their bank or by another card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// The payment, `pi_…`, for a page that asks for it with the provider's own script. None where the provider does not say.
    pub payment_intent: Option<String>,
    /// The provider's own page for it. None where there is none.
    pub link: Option<Url>,
}
