//! Billing at Stripe: customers, subscriptions, coupons and pauses are Stripe's, read when they are needed and changed by its HTTP
//! API. Nothing of them is kept here but what sessions keep, and what leads to a customer by their address.

mod accept;
mod api;
mod authentication;
mod check;
mod customers;
mod execute;
mod hear;
mod holding;
mod import;
mod invoice;
mod mark;
mod notice;
mod object;
mod promotion;
mod quote;
mod reread;
mod switch;
mod withdraw;

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::{
    Account, Answer, Billing, Customer, Holding, Instruction, Interval, Invoice, Lookup, LookupError,
    PlanPrice, PlanTerms, Quote, QuoteError, Snapshot, Wanted,
};
use crate::clock::Clock;
use crate::place::Place;
use crate::secret::SecretText;
use api::{Api, Failure, Form};
use object::{List, Price, Product, Subscription};

pub use check::{Permission, Report, SPECIAL, Standing, Webhook};
pub use customers::Customers;
pub use hear::{EVENTS, Heard, Listener, Listeners};
pub use import::{ImportError, Imported};
pub use notice::{Notice, NoticeError};

/// Where Stripe is.
pub const STRIPE: &str = "https://api.stripe.com/";

/// The most subscriptions of a customer that are looked at. Stripe allows 500.
const MOST_SUBSCRIPTIONS: usize = 500;

/// An account at Stripe. Clones ask with the same connections.
#[derive(Clone, Debug)]
pub struct Stripe {
    api: Arc<Api>,
    clock: Clock,
    customers: Option<Customers>,
}

impl Stripe {
    /// The account of a secret key, at [`STRIPE`] or at what stands in for it.
    ///
    /// # Errors
    /// The system's trusted certificates cannot be read.
    pub fn new(base: Url, key: SecretText, clock: Clock) -> Result<Self, String> {
        Ok(Self { api: Arc::new(Api::new(base, key)?), clock, customers: None })
    }

    /// The same, with customers who are remembered: they are found by their address in whatever letters.
    #[must_use]
    pub fn remembering(self, customers: Customers) -> Self {
        Self { customers: Some(customers), ..self }
    }

    async fn subscription(&self, id: &str) -> Result<Subscription, Failure> {
        let Some(path) = path("v1/subscriptions", id) else {
            return Err(Failure::Missing(format!("\"{id}\" is no id")));
        };
        self.api.get(&path, &vec![("expand[]".into(), "discounts".into())]).await
    }

    /// What a subscription's product is called, where its price has no name.
    async fn product(&self, subscription: &Subscription) -> Result<Option<String>, Failure> {
        let rate = subscription.item().and_then(object::Item::rate);
        match rate.filter(|rate| rate.nickname.is_none()).and_then(|rate| rate.product.cloned()) {
            Some(Product::Id(id)) => self.product_name(&id).await.map(Some),
            Some(Product::Whole { name }) => Ok(Some(name)),
            None => Ok(None),
        }
    }

    async fn product_name(&self, id: &str) -> Result<String, Failure> {
        #[derive(serde::Deserialize)]
        struct Named {
            name: String,
        }
        let path = path("v1/products", id).ok_or_else(|| Failure::Missing("a product has no id".into()))?;
        Ok(self.api.get::<Named>(&path, &Form::new()).await?.name)
    }

    /// A price as a plan. None where there is none.
    async fn plan(&self, id: &str) -> Result<Option<PlanTerms>, Failure> {
        let Some(path) = path("v1/prices", id) else { return Ok(None) };
        let price: Price = match self.api.get(&path, &vec![("expand[]".into(), "product".into())]).await {
            Ok(price) => price,
            Err(Failure::Missing(_)) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let product = match &price.product {
            Some(Product::Whole { name }) => Some(name.clone()),
            _ => None,
        };
        let amount = price.unit_amount.filter(|_| !holding::counts_otherwise(&price.currency));
        let terms = amount.zip(price.recurring.as_ref()).and_then(|(amount, recurring)| {
            Some(PlanPrice {
                amount,
                currency: price.currency.to_ascii_uppercase(),
                interval: Interval::named(&recurring.interval)?,
                interval_count: recurring.interval_count,
            })
        });
        let name = price.nickname.clone().or(product).unwrap_or_else(|| price.id.clone());
        Ok(Some(PlanTerms { id: price.id, name, price: terms }))
    }

    /// The one customer whom a lookup names.
    async fn customer(&self, lookup: &Lookup) -> Result<object::Customer, LookupError> {
        match (&lookup.customer, &lookup.email, &lookup.subscription) {
            (Some(id), email, _) => {
                let found = self.by_id(id).await?;
                let theirs = |given: &String| found.email.is_none() || found.has_email(given);
                match email {
                    // An address that nobody has contradicts nobody: the merchant may know a newer one.
                    Some(given) if !theirs(given) && !self.by_email(given).await?.is_empty() => {
                        Err(LookupError::DifferentCustomers)
                    }
                    _ => Ok(found),
                }
            }
            (None, Some(email), _) => {
                let mut found = self.by_email(email).await?;
                match (found.pop(), found.is_empty()) {
                    (Some(only), true) => Ok(only),
                    (Some(_), false) => Err(LookupError::SeveralCustomers),
                    (None, _) => Err(LookupError::UnknownCustomer),
                }
            }
            (None, None, Some(id)) => match self.subscription(id).await {
                Ok(subscription) => self.by_id(&subscription.customer).await,
                Err(failure) => Err(lookup_error(failure, LookupError::UnknownSubscription)),
            },
            (None, None, None) => Err(LookupError::NobodyNamed),
        }
    }

    async fn by_id(&self, id: &str) -> Result<object::Customer, LookupError> {
        let path = path("v1/customers", id).ok_or(LookupError::UnknownCustomer)?;
        let found = self.api.get::<object::Customer>(&path, &Form::new()).await;
        let found = found.map_err(|failure| lookup_error(failure, LookupError::UnknownCustomer))?;
        if found.deleted { Err(LookupError::UnknownCustomer) } else { Ok(found) }
    }

    /// Stripe compares addresses letter by letter. Those it has in other letters are found where they are remembered.
    async fn by_email(&self, email: &str) -> Result<Vec<object::Customer>, LookupError> {
        let mut found: Vec<object::Customer> = Vec::new();
        let (given, small) = (email.trim().to_owned(), email.trim().to_lowercase());
        let mut spellings = vec![given, small];
        spellings.dedup();
        for email in spellings {
            let query = vec![("email".into(), email), ("limit".into(), "10".into())];
            let list = self.api.get::<List<object::Customer>>("v1/customers", &query).await;
            let list = list.map_err(|failure| lookup_error(failure, LookupError::UnknownCustomer))?;
            found.extend(list.data.into_iter().filter(|customer| !customer.deleted));
        }
        if let Some(customers) = &self.customers {
            let ids = customers.with_email(email.trim()).await;
            for id in ids.map_err(|error| LookupError::Unavailable(error.to_string()))? {
                match self.by_id(&id).await {
                    Ok(customer) if customer.has_email(email) => found.push(customer),
                    // Stripe has deleted the customer, or knows another address by now.
                    Ok(_) | Err(LookupError::UnknownCustomer) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found.dedup_by(|one, other| one.id == other.id);
        Ok(found)
    }

    /// Everything a customer has or had, oldest first.
    async fn subscriptions(&self, customer: &str) -> Result<Vec<Subscription>, LookupError> {
        let mut all: Vec<Subscription> = Vec::new();
        loop {
            let mut query = vec![
                ("customer".into(), customer.to_owned()),
                ("status".into(), "all".into()),
                ("limit".into(), "100".into()),
                ("expand[]".into(), "data.discounts".into()),
            ];
            if let Some(last) = all.last() {
                query.push(("starting_after".into(), last.id.clone()));
            }
            let page = self.api.get::<List<Subscription>>("v1/subscriptions", &query).await;
            let page = page.map_err(|failure| lookup_error(failure, LookupError::UnknownCustomer))?;
            let more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !more || all.len() >= MOST_SUBSCRIPTIONS {
                break;
            }
        }
        all.reverse();
        Ok(all)
    }

    async fn name(&self, subscription: &Subscription) -> Result<Option<String>, LookupError> {
        let named = self.product(subscription).await;
        named.map_err(|failure| LookupError::Unavailable(failure.to_string()))
    }
}

#[async_trait::async_trait]
impl Billing for Stripe {
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        let customer = self.customer(lookup).await?;
        let mut all = self.subscriptions(&customer.id).await?;
        let chosen = match &lookup.subscription {
            Some(id) => {
                let place =
                    all.iter().position(|one| one.id == *id).ok_or(LookupError::UnknownSubscription)?;
                Some(all.swap_remove(place)).filter(Subscription::can_be_canceled)
            }
            None => {
                all.retain(Subscription::can_be_canceled);
                if all.len() > 1 {
                    return Err(LookupError::SeveralSubscriptions(
                        all.into_iter().map(|one| one.id).collect(),
                    ));
                }
                all.pop()
            }
        };
        let chosen = chosen.ok_or(LookupError::NothingToCancel)?;
        let (now, name) = (self.clock.now(), self.name(&chosen).await?);
        Ok(Snapshot {
            customer: known(customer),
            terms: chosen.terms(name.as_deref(), now),
            discounts: chosen.running(now).unwrap_or_default(),
            can: chosen.can(now),
            began_at: chosen.start_date.and_then(holding::moment),
            pause: chosen.pause(now),
            trial_ends_at: chosen.trial(now),
            withheld: Vec::new(),
            subscription: Some(chosen.id),
        })
    }

    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        let customer = self.customer(lookup).await?;
        let mut subscriptions: Vec<Holding> = Vec::new();
        // Most of them are of the same few products, and a customer waits.
        let mut products: BTreeMap<String, String> = BTreeMap::new();
        for subscription in self.subscriptions(&customer.id).await? {
            let product = subscription.unnamed();
            let name = match product.and_then(|product| products.get(product)) {
                Some(name) => Some(name.clone()),
                None => self.name(&subscription).await?,
            };
            products.extend(product.map(str::to_owned).zip(name.clone()));
            subscriptions.push(subscription.holding(name.as_deref(), self.clock.now()));
        }
        let payment_method = self.paid_with(&customer.id).await?;
        Ok(Account { customer: known(customer), subscriptions, payment_method })
    }

    async fn plans(&self, ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        let mut plans = Vec::new();
        for id in ids {
            let found = self.plan(id).await;
            plans.extend(found.map_err(|failure| LookupError::Unavailable(failure.to_string()))?);
        }
        Ok(Some(plans))
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

    fn has_payment_page(&self) -> bool {
        true
    }

    async fn invoices(&self, customer: &str, most: usize) -> Result<Vec<Invoice>, LookupError> {
        self.invoices_of(customer, most).await
    }

    async fn payment_page(&self, customer: &str, back: &Url) -> Result<Option<Url>, LookupError> {
        self.portal(customer, back).await
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

fn known(customer: object::Customer) -> Customer {
    let address = customer.address.and_then(|address| {
        let country = address.country?;
        Place::new(&country, address.state.as_deref()).or_else(|_| Place::new(&country, None)).ok()
    });
    Customer {
        user_id: customer.metadata.get("user_id").cloned(),
        place: address,
        name: customer.name,
        email: customer.email,
        id: customer.id,
    }
}

fn lookup_error(failure: Failure, missing: LookupError) -> LookupError {
    match failure {
        Failure::Missing(_) => missing,
        other => LookupError::Unavailable(other.to_string()),
    }
}

/// The path of an object. None where the text is no id of Stripe's, and could be another path.
fn path(of: &str, id: &str) -> Option<String> {
    let is_id = !id.is_empty()
        && id.len() <= 255
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    is_id.then(|| format!("{of}/{id}"))
}
