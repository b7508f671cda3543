//! What a merchant configures: a brand, its reasons and its offers.

use flow::{Duration, Money, Reason};
use url::Url;

use crate::declaration::Kind;
use crate::place::Place;

/// A merchant's brand, as `farewell.toml` describes it and after every check.
#[derive(Clone, Debug)]
pub struct Brand {
    /// The brand's name in ids and keys: `[a-z0-9-]+`.
    pub slug: String,
    /// The brand's number, for APIs that count sites.
    pub site_id: i64,
    /// What customers know the brand as.
    pub name: String,
    /// What the brand may use.
    pub plan: Plan,
    /// BCP 47 tag of the language its customers are spoken to in, unless a session says otherwise.
    pub locale: String,
    /// IANA name of the zone dates are shown in.
    pub time_zone: String,
    /// Where the brand sells.
    pub markets: Vec<Place>,
    /// Where a person answers.
    pub support_email: Option<String>,
    /// Origins of the pages that may talk to the server from a browser.
    pub origins: Vec<String>,
    /// Where customers may be sent back to.
    pub return_urls: Vec<Url>,
    /// Who changes the subscription.
    pub billing: BillingKind,
    /// When a cancellation takes effect.
    pub cancel: CancelTiming,
    /// What can be declared on public pages, without a login.
    pub public: PublicPages,
    /// Whether customers are asked why.
    pub survey: bool,
    /// Whether the survey has a free text field.
    pub feedback: bool,
    /// Why customers may leave, in the merchant's order.
    pub reasons: Vec<Reason>,
    /// What customers may be offered.
    pub offers: Vec<DiscountOffer>,
}

/// What a brand may use of the APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The hosted flow.
    Core,
    /// Everything.
    Advanced,
}

/// Who changes a brand's subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillingKind {
    /// The built-in ledger.
    Ledger,
    /// The merchant, who acts on verified results. Nothing is touched by the server.
    Merchant,
}

/// When a cancellation takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelTiming {
    /// At the end of the period that is paid for.
    AtPeriodEnd,
    /// At once.
    Immediately,
}

/// What can be declared on a brand's public pages: what the law of its markets demands, and what it has turned on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicPages {
    /// That a contract is to end.
    pub cancel: bool,
    /// That somebody withdraws from a contract.
    pub withdraw: bool,
}

impl PublicPages {
    /// Whether such declarations are taken.
    #[must_use]
    pub fn takes(self, kind: Kind) -> bool {
        match kind {
            Kind::Cancel => self.cancel,
            Kind::Withdraw => self.withdraw,
        }
    }
}

/// A discount a brand offers, before it is computed for a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountOffer {
    /// The merchant's key of the offer.
    pub id: String,
    /// The offer in a line.
    pub headline: String,
    /// A sentence or two about it.
    pub body: Option<String>,
    /// How much lower the price is.
    pub cut: Cut,
    /// For how many payments it holds.
    pub duration: Duration,
    /// For how many months; set exactly when `duration` is [`Duration::Repeating`].
    pub months: Option<u32>,
}

/// How much lower a price is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Whole percent, 1 to 100.
    Percent(u32),
    /// An amount off each payment, at least one minor unit.
    Amount(Money),
}

impl Brand {
    /// Whether a customer may be sent to this address afterwards.
    ///
    /// An allowed address without a path allows its whole origin, one that ends in `/` everything below it, any other
    /// exactly that page. The query is free in all of them.
    #[must_use]
    pub fn allows_return_to(&self, url: &Url) -> bool {
        self.return_urls.iter().any(|allowed| {
            let below = allowed.path().ends_with('/') && url.path().starts_with(allowed.path());
            allowed.origin() == url.origin() && (below || allowed.path() == url.path())
        })
    }
}
