//! Billing, as the rest of the server knows it.
//!
//! A brand's billing is one [`Billing`]: the built-in [`Ledger`](ledger::Ledger), or the merchant's own, which is either asked to act
//! ([`Backend`]) or acts on the verified result by itself ([`Merchant`](merchant::Merchant)). Nobody else changes
//! what a customer pays.

mod account;
mod arithmetic;
mod authentication;
mod backend;
mod cycle;
mod deal;
mod discount;
mod instruction;
mod invoice;
pub mod ledger;
mod lookup;
pub mod merchant;
pub mod pelcro;
mod quote;
mod registry;
mod renewal;
mod snapshot;
pub mod stripe;

use std::time::Duration;

use url::Url;

pub use account::{Account, Holding, PaymentMethod};
pub use authentication::Authentication;
pub use backend::Backend;
pub use cycle::{Cycle, Interval};
pub use deal::{Deal, Length, PlanPrice, PlanTerms};
pub use discount::{DiscountTerms, Reduction, RunningDiscount, Span};
pub use instruction::{Change, Instruction};
pub use invoice::{Invoice, InvoiceStatus};
pub use lookup::{Lookup, LookupError};
pub use quote::{QUOTE_HOLDS, Quote, QuoteError, Start, Wanted};
pub use registry::Registry;
pub use renewal::{Gateway, GatewayToken, MOST_PHASES, Renewal};
pub use snapshot::{Can, Customer, Pause, Preview, Snapshot, Terms};

/// What a brand's customers are billed by.
///
/// Every call may be repeated. [`execute`](Self::execute) may be killed at any point and is called again with the same key until it
/// answers something other than [`Answer::Unknown`].
#[async_trait::async_trait]
pub trait Billing: std::fmt::Debug + Send + Sync {
    /// Finds a customer and the one subscription to be canceled, and says what billing knows of them now.
    ///
    /// # Errors
    /// A [`LookupError`] when the lookup does not lead to exactly one subscription that can be canceled.
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError>;

    /// Finds a customer, and says what billing knows of all their subscriptions now. A subscription named in the lookup is
    /// passed over.
    ///
    /// # Errors
    /// A [`LookupError`] when the lookup does not lead to exactly one customer.
    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError>;

    /// Whether the id in a lookup can be one customer's alone. Asked of what a merchant's backend sent: whom a session is of is billing's
    /// own id, and nobody else's.
    ///
    /// # Errors
    /// [`LookupError::AmbiguousCustomer`] when it may be two customers', and [`LookupError::Unavailable`] when nobody can say.
    async fn unmistakable(&self, lookup: &Lookup) -> Result<(), LookupError> {
        let _ = lookup;
        Ok(())
    }

    /// The plans of these ids, as billing has them; what it does not know is left out. None where billing is the merchant's.
    ///
    /// # Errors
    /// [`LookupError::Unavailable`] when billing cannot be asked.
    async fn plans(&self, ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError>;

    /// The same, without those that billing keeps from this customer.
    ///
    /// # Errors
    /// [`LookupError::Unavailable`] when billing cannot be asked, and what it says of the customer's token.
    async fn plans_open_to(
        &self,
        customer: &str,
        ids: &[String],
    ) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        let _ = customer;
        self.plans(ids).await
    }

    /// Says what a change would mean now. Nothing is changed.
    ///
    /// # Errors
    /// A [`QuoteError`] says why it cannot be had.
    async fn quote(
        &self,
        customer: &str,
        subscription: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Quote, QuoteError> {
        let _ = (customer, subscription, wanted);
        Err(QuoteError::Unsupported)
    }

    /// Whether [`quote`](Self::quote) ever gives one. Where it does not, customers are offered no changes but to cancel.
    fn quotes(&self) -> bool {
        false
    }

    /// A customer's invoices, the latest first, at most that many. Empty where billing keeps none.
    ///
    /// # Errors
    /// [`LookupError::Unavailable`] when billing cannot be asked.
    async fn invoices(&self, customer: &str, most: usize) -> Result<Vec<Invoice>, LookupError> {
        let _ = (customer, most);
        Ok(Vec::new())
    }

    /// A page where the customer can say what to pay with, made for this once; it leads back to `back`. None where billing has none.
    ///
    /// # Errors
    /// [`LookupError::Unavailable`] when billing cannot be asked.
    async fn payment_page(&self, customer: &str, back: &Url) -> Result<Option<Url>, LookupError> {
        let _ = (customer, back);
        Ok(None)
    }

    /// Whether [`payment_page`](Self::payment_page) gives one.
    fn has_payment_page(&self) -> bool {
        false
    }

    /// Carries out an instruction, once for each key: the same key again changes nothing and is answered the same, as long as
    /// the first was [`Answer::Applied`].
    async fn execute(&self, key: &str, instruction: &Instruction) -> Answer;

    /// Whether nobody but whoever answers [`execute`](Self::execute) knows what was done. Then it is not read back.
    fn has_the_last_word(&self) -> bool {
        false
    }

    /// For how long a customer who has pressed waits for [`execute`](Self::execute) before being told that it is pending.
    fn patience(&self) -> Duration {
        Duration::from_secs(4)
    }

    /// Looks whether what an instruction asked for is really there. [`Answer::Refused`] means that it is not.
    async fn read_back(&self, key: &str, instruction: &Instruction) -> Answer;

    /// Sees to it that what a customer asked for before leaving does not happen any more: also not by a request that is still on its
    /// way, or by a payment that waits for the customer. [`Answer::Applied`] means that it has happened already, and
    /// [`Answer::Refused`] that it has not and will not. Once for each key, like [`execute`](Self::execute).
    ///
    /// Where nothing of the kind can be, looking is enough.
    async fn withdraw(&self, key: &str, instruction: &Instruction) -> Answer {
        self.read_back(key, instruction).await
    }
}

/// What billing says about an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Applied,
    /// Nothing is done here; the merchant acts on the result.
    Requested,
    /// It will not be done, and nothing was changed. The text says why, for a developer.
    Refused(String),
    /// It is done once the customer has authenticated the payment: ask again.
    Waits(Authentication),
    /// Nobody knows whether it was done: ask again. The text says why, for a developer.
    Unknown(String),
}
