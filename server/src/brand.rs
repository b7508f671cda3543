//! What a merchant configures: a brand, its reasons and its offers.

use std::collections::BTreeMap;

use flow::{Duration, Money, Reason};
use url::Url;

use crate::lint::is_locked;
use crate::locale::Pack;
use crate::place::Place;
use crate::theme::Theme;

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
    /// Where a customer's place comes from. None only where no market is declared.
    pub place: Option<PlaceSource>,
    /// How many offers are made at most, where that is fewer than the law allows.
    pub max_offers: Option<u32>,
    /// The flow's words as the brand says them, by language and key. What a law fixes stays as it is.
    pub words: BTreeMap<String, BTreeMap<String, String>>,
    /// How it looks.
    pub theme: Theme,
    /// When a cancellation takes effect.
    pub cancel: CancelTiming,
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

/// Where a customer's place comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceSource {
    /// The address that billing has.
    Billing,
    /// The session: the merchant's backend sends a country with each.
    Session,
}

/// When a cancellation takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelTiming {
    /// At the end of the period that is paid for.
    AtPeriodEnd,
    /// At once.
    Immediately,
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
    /// The brand's own text of a word, in the language of this tag. None where it has none, and where a law fixes the word under
    /// this policy.
    #[must_use]
    pub fn word(&self, policy_id: &str, tag: &str, key: &str) -> Option<&str> {
        let text = self.words.get(Pack::of(tag).language())?.get(key)?;
        is_locked(policy_id, tag, key).is_none().then_some(text)
    }

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
