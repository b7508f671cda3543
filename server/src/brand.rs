//! What a merchant configures: a brand, its reasons and its offers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use flow::{Link, Money, Reason};
use url::Url;

use crate::billing::Length;
use crate::declaration::Kind;
use crate::hub::HubSettings;
use crate::locale::{Pack, Texts};
use crate::place::Place;
use crate::theme::Theme;
use crate::webhook::Endpoint;

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
    /// What the brand may do at the moment.
    pub access: Access,
    /// Its links to the hosted flow.
    pub hosted: Hosted,
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
    /// Where the merchant's backend is asked to act, where billing is the merchant's. None: it acts on the result by itself.
    pub action_url: Option<Url>,
    /// Where Stripe is asked, where it bills.
    pub stripe: Option<StripeAccount>,
    /// Which site at Pelcro it is, where that bills.
    pub pelcro: Option<PelcroAccount>,
    /// Where a customer's place comes from. None only where no market is declared.
    pub place: Option<PlaceSource>,
    /// How many offers are made at most, where that is fewer than the law allows.
    pub max_offers: Option<u32>,
    /// The flow's words as the brand says them, by language and key. What a law fixes stays as it is.
    pub words: BTreeMap<String, Texts>,
    /// How it looks.
    pub theme: Theme,
    /// When a cancellation takes effect.
    pub cancel: CancelTiming,
    /// How receipts reach customers.
    pub receipts: Receipts,
    /// Who is told what happens.
    pub webhooks: Vec<Endpoint>,
    /// What can be declared on public pages, without a login.
    pub public: PublicPages,
    /// What its hub offers.
    pub hub: HubSettings,
    /// Whether customers are asked why.
    pub survey: bool,
    /// Whether the survey has a free text field.
    pub feedback: bool,
    /// Why customers may leave, in the merchant's order.
    pub reasons: Vec<Reason>,
    /// What customers may be offered.
    pub offers: Vec<BrandOffer>,
}

/// What a brand may use of the APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The hosted flow.
    Core,
    /// Everything.
    Advanced,
}

/// What a brand may do at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Everything its plan has.
    #[default]
    Full,
    /// Nothing new: no links to the hosted flow, no events in the ledger. What is there can be read and settled.
    ReadOnly,
    /// Trying things out: links in the sandbox, and nothing in the ledger.
    Demo,
}

/// A brand's links to the hosted flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosted {
    /// Where customers are sent back to, where a link does not say.
    pub return_url: Option<Url>,
    /// Whether billing carries out what a customer asks for on a page behind a link. If not, it is handed to the merchant.
    pub changes_billing: bool,
}

/// Who changes a brand's subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillingKind {
    /// The built-in ledger.
    Ledger,
    /// Stripe.
    Stripe,
    /// Pelcro.
    Pelcro,
    /// The merchant, who acts on verified results. Nothing is touched by the server.
    Merchant,
}

/// An account at Stripe. Its secret keys are in files, which are read when the server starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeAccount {
    /// The file with the key for what counts.
    pub key: PathBuf,
    /// The file with the key for what somebody tries out. None: the built-in ledger bills there.
    pub sandbox_key: Option<PathBuf>,
    /// The file with the secret that signs what Stripe tells of what counts. None: nothing of it is listened to.
    pub webhook_secret: Option<PathBuf>,
    /// The file with the secret that signs what Stripe tells of its sandbox.
    pub sandbox_webhook_secret: Option<PathBuf>,
    /// Where Stripe is.
    pub api: Url,
}

/// A site at Pelcro. It has no key: each customer's own token is asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PelcroAccount {
    /// What counts.
    pub prod: PelcroSite,
    /// What somebody tries out. None: the built-in ledger bills there.
    pub sandbox: Option<PelcroSite>,
}

/// Where a site is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PelcroSite {
    /// Where Pelcro is.
    pub api: Url,
    /// The site's number there.
    pub site_id: i64,
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

/// How a brand's receipts reach customers, besides being shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipts {
    /// They do not.
    None,
    /// The server mails them.
    Mail,
    /// They are posted to this address of the merchant, who sends them on.
    Merchant(Url),
}

/// An offer of a brand, before it is found eligible and computed for a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandOffer {
    /// The merchant's key of the offer.
    pub id: String,
    /// The offer in a line.
    pub headline: String,
    /// A sentence or two about it.
    pub body: Option<String>,
    /// What is offered.
    pub terms: OfferTerms,
    /// Whom it is made to.
    pub when: When,
    /// For how many days after a customer took it the offer is not made to them again.
    pub cooldown_days: u32,
    /// The code of the coupon at Pelcro that a discount is there.
    pub pelcro_coupon: Option<String>,
}

/// What a brand offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferTerms {
    /// A lower price.
    Discount {
        /// How much lower.
        cut: Cut,
        /// For how many payments it holds.
        duration: Duration,
        /// For how many months; set exactly when `duration` is [`Duration::Repeating`].
        months: Option<u32>,
    },
    /// No payments for one of these lengths. Never empty.
    Pause(Vec<Length>),
    /// One of these plans. Never empty.
    PlanChange(Vec<PlanChoice>),
    /// A longer trial.
    TrialExtension {
        /// By how many days. At least 1.
        days: u32,
    },
    /// A person who helps.
    Contact(Link),
    /// Another page.
    Redirect(Link),
    /// Something the merchant does, once told.
    Custom,
}

/// For how long a discount holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duration {
    /// The next payment only.
    Once,
    /// Every payment within a number of months.
    Repeating,
    /// Every payment from now on.
    Forever,
}

/// A plan that may be changed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChoice {
    /// The plan's id in billing.
    pub id: String,
    /// What customers know it as; billing's own name when left out.
    pub name: Option<String>,
}

/// Whom an offer is made to. What is not said does not matter; what is said and not known of a customer is not met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// Ids of plans the customer has one of. Empty: any.
    pub plans: Vec<String>,
    /// The price of a payment, in minor units of `currency`: from this one on.
    pub price_from: Option<i64>,
    /// And below this one.
    pub price_below: Option<i64>,
    /// ISO 4217 code of both prices.
    pub currency: Option<String>,
    /// The contract has run for this many days at least.
    pub tenure_days_from: Option<u32>,
    /// And for less than this many days.
    pub tenure_days_below: Option<u32>,
    /// Ids of offers the customer has never taken.
    pub not_after: Vec<String>,
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
    /// The brand's own words in the language of a tag. What a law says comes before them.
    #[must_use]
    pub fn own_words(&self, tag: &str) -> &Texts {
        static NONE: Texts = Texts::new();
        self.words.get(Pack::of(tag).language()).unwrap_or(&NONE)
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
