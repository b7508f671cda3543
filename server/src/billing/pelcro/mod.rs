//! Billing by Pelcro: customers, subscriptions, plans and coupons are Pelcro's, and what an offer promises becomes a renewal of theirs.
//!
//! Pelcro answers to each customer's own token, which the merchant's backend sends with a session and every answer renews. Ids are
//! Pelcro's numbers, as texts. An offer's discount is a coupon that is there already.

mod agreed;
mod api;
mod call;
mod execute;
mod holding;
mod invoice;
mod lookup;
mod object;
mod offer;
mod quote;
mod refusal;
mod token;
mod value;

use std::time::Duration;

use super::{
    Account, Answer, Billing, Holding, Instruction, Invoice, Lookup, LookupError, PlanTerms, Quote,
    QuoteError, Snapshot, Wanted,
};
use crate::brand::{Brand, PelcroSite};
use crate::place::Place;
use crate::secret::SecretText;
use api::{Api, Failure};
use lookup::lookup_error;
use object::{Customer, Plan, Subscription};
use offer::Coupons;
pub use token::Tokens;

/// How long Pelcro may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A site at Pelcro.
#[derive(Debug)]
pub struct Pelcro {
    api: Api,
    tokens: Tokens,
    coupons: Coupons,
}

impl Pelcro {
    /// A brand's site. Nothing is connected yet.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub fn new(site: &PelcroSite, brand: &Brand, tokens: Tokens) -> Result<Self, String> {
        Self::answering_within(site, brand, tokens, ANSWER_WITHIN)
    }

    /// The same, where Pelcro may take this long to answer.
    ///
    /// # Errors
    /// As those of [`new`](Self::new).
    pub fn answering_within(
        site: &PelcroSite,
        brand: &Brand,
        tokens: Tokens,
        time: Duration,
    ) -> Result<Self, String> {
        Ok(Self { api: Api::new(site.clone(), time)?, tokens, coupons: offer::of_brand(brand) })
    }

    async fn open_plans(&self, token: &SecretText) -> Result<Vec<Plan>, Failure> {
        self.open("customer/plans", token).await
    }
}

impl Customer {
    /// Everything they have or had.
    fn all(&self) -> impl Iterator<Item = &Subscription> {
        self.expired_subscriptions.iter().chain(&self.subscriptions)
    }

    fn known(&self) -> super::Customer {
        let place = self.addresses.iter().find_map(|address| {
            let country = address.country.as_deref()?;
            Place::new(country, address.state.as_deref()).or_else(|_| Place::new(country, None)).ok()
        });
        super::Customer {
            id: self.id.0.clone(),
            user_id: self.external_id.clone(),
            place,
            name: self.full_name.clone().or_else(|| self.name.clone()),
            email: self.email.clone(),
        }
    }
}

#[async_trait::async_trait]
impl Billing for Pelcro {
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        let (customer, token) = self.named(lookup).await?;
        let now = self.tokens.clock.now();
        let chosen = match &lookup.subscription {
            Some(id) => {
                let found = customer.all().find(|one| one.id.0 == *id);
                found
                    .ok_or(LookupError::UnknownSubscription)
                    .map(|one| one.can_be_canceled(now).then_some(one))?
            }
            None => {
                let open: Vec<&Subscription> =
                    customer.subscriptions.iter().filter(|one| one.can_be_canceled(now)).collect();
                if open.len() > 1 {
                    return Err(LookupError::SeveralSubscriptions(
                        open.into_iter().map(|one| one.id.0.clone()).collect(),
                    ));
                }
                open.first().copied()
            }
        };
        let chosen = chosen.ok_or(LookupError::NothingToCancel)?;
        let (terms, can) = (chosen.terms(), chosen.can(now));
        let withheld = self.withheld(&token, chosen, terms.as_ref().filter(|_| can.discount)).await;
        Ok(Snapshot {
            customer: customer.known(),
            subscription: Some(chosen.id.0.clone()),
            terms,
            discounts: Vec::new(),
            can,
            began_at: chosen.began_at(),
            pause: None,
            trial_ends_at: chosen.trial(now),
            withheld,
        })
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        let (customer, _) = self.named(lookup).await?;
        let now = self.tokens.clock.now();
        let subscriptions: Vec<Holding> = customer.all().map(|one| one.holding(now)).collect();
        let payment_method = customer.source.as_ref().and_then(invoice::payment_method);
        Ok(Account { customer: customer.known(), subscriptions, payment_method })
    }

    async fn unmistakable(&self, lookup: &Lookup) -> Result<(), LookupError> {
        self.names_one(lookup).await
    }

    /// None: nobody is named, and Pelcro says it to customers alone.
    async fn plans(&self, _ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        Ok(Some(Vec::new()))
    }

    async fn plans_open_to(
        &self,
        customer: &str,
        ids: &[String],
    ) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        if ids.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let token = self.kept(customer).await?;
        let open = match self.open_plans(&token).await {
            Ok(open) => open,
            Err(failure) => {
                // An offer less keeps nobody from leaving.
                tracing::warn!(%failure, "Pelcro does not say which plans are open: none is offered");
                Vec::new()
            }
        };
        Ok(Some(open.iter().filter(|plan| ids.contains(&plan.id.0)).map(Plan::terms).collect()))
    }

    async fn quote(
        &self,
        customer: &str,
        subscription: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Quote, QuoteError> {
        self.look_ahead(customer, subscription, wanted).await
    }

    fn quotes(&self) -> bool {
        true
    }

    async fn invoices(&self, customer: &str, most: usize) -> Result<Vec<Invoice>, LookupError> {
        let token = self.kept(customer).await?;
        let (customer, _) = self.whose(&token).await.map_err(lookup_error)?;
        invoice::all(&customer, most)
    }

    async fn execute(&self, key: &str, instruction: &Instruction) -> Answer {
        self.carry_out(key, instruction).await
    }

    async fn read_back(&self, key: &str, instruction: &Instruction) -> Answer {
        self.look(key, instruction).await
    }

    async fn withdraw(&self, key: &str, instruction: &Instruction) -> Answer {
        self.take_back(key, instruction).await
    }
}
