use url::Url;

use crate::billing::Length;

/// What a brand's hub offers, besides cancelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSettings {
    /// Ids of the plans that customers may change to, in the order they see. Empty: none.
    pub plans: Vec<String>,
    /// For how long customers may pause. Empty: not at all.
    pub pauses: Vec<Length>,
    /// Whether there is a field for promotion codes.
    pub promotion_codes: bool,
    /// When a plan that costs more begins.
    pub upgrades: Upgrades,
    /// The merchant's own page to say what is paid with, where billing has none.
    pub payment_page: Option<Url>,
    /// Whether invoices are shown.
    pub invoices: bool,
}

/// When a plan that costs more a day than the one before begins. Any other begins with the next payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upgrades {
    /// At once, where billing can: what is left of the period that is paid for is taken off.
    #[default]
    Now,
    /// With the next payment.
    NextPayment,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            plans: Vec::new(),
            pauses: Vec::new(),
            promotion_codes: true,
            upgrades: Upgrades::Now,
            payment_page: None,
            invoices: true,
        }
    }
}
