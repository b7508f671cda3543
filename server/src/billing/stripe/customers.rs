//! Customers at Stripe who are remembered here: Stripe looks addresses up letter by letter, and customers do not write them so.
//!
//! What is kept leads to an id and no further: what is true is asked of Stripe.

use jiff::Timestamp;

use super::object::Customer;
use crate::clock;
use crate::erase;
use crate::session::Environment;
use crate::store::{Error, Store, Tx};

/// How many customers with one address are looked at. Whoever shares one with so many is not found by it anyway.
const MOST_OF_ONE_ADDRESS: u32 = 10;
/// How many customers are read again at once.
pub(super) const AT_ONCE: u32 = 20;

/// Those of one brand, in one environment.
#[derive(Clone, Debug)]
pub struct Customers {
    pub(super) store: Store,
    /// The brand's slug.
    pub(super) brand: String,
    pub(super) environment: Environment,
}

impl Customers {
    /// Those of the brand with this slug.
    #[must_use]
    pub fn new(store: Store, brand: &str, environment: Environment) -> Self {
        Self { store, brand: brand.into(), environment }
    }

    /// The ids of those who had this address when Stripe was last asked, in whatever letters.
    pub(super) async fn with_email(&self, email: &str) -> Result<Vec<String>, Error> {
        Ok(sqlx::query_scalar(
            "SELECT id FROM stripe_customers WHERE brand = $1 AND environment = $2 AND lower(email) = $3 ORDER BY id LIMIT $4",
        )
        .bind(&self.brand)
        .bind(self.environment.name())
        .bind(email.to_ascii_lowercase())
        .bind(MOST_OF_ONE_ADDRESS)
        .fetch_all(self.store.read())
        .await?)
    }

    /// Notes that Stripe has told of this customer, and is to be asked. Whoever was erased here stays so.
    pub(super) async fn heard_of(&self, tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), Error> {
        if erase::was_erased(tx, &self.brand, id).await? {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO stripe_customers (id, brand, environment, stale, added_at, updated_at) VALUES ($1, $2, $3, 1, $4, $4) \
             ON CONFLICT (id, brand, environment) DO UPDATE SET stale = 1, updated_at = $4",
        )
        .bind(id)
        .bind(&self.brand)
        .bind(self.environment.name())
        .bind(clock::text(now))
        .execute(tx)
        .await?;
        Ok(())
    }

    /// A few of those who are to be read again, behind the id of the one before.
    pub(super) async fn stale(&self, after: &str) -> Result<Vec<String>, Error> {
        Ok(sqlx::query_scalar(
            "SELECT id FROM stripe_customers WHERE brand = $1 AND environment = $2 AND stale = 1 AND id > $3 ORDER BY id LIMIT $4",
        )
        .bind(&self.brand)
        .bind(self.environment.name())
        .bind(after)
        .bind(AT_ONCE)
        .fetch_all(self.store.read())
        .await?)
    }

    /// Keeps what Stripe says of a customer. False for whoever was erased here, of whom nothing is kept.
    pub(super) async fn keep(&self, tx: &mut Tx, customer: &Customer, now: Timestamp) -> Result<bool, Error> {
        if erase::was_erased(tx, &self.brand, &customer.id).await? {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO stripe_customers (id, brand, environment, email, name, country, stale, added_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7) ON CONFLICT (id, brand, environment) DO UPDATE \
             SET email = $4, name = $5, country = $6, stale = 0, updated_at = $7",
        )
        .bind(&customer.id)
        .bind(&self.brand)
        .bind(self.environment.name())
        .bind(&customer.email)
        .bind(&customer.name)
        .bind(customer.address.as_ref().and_then(|address| address.country.as_ref()))
        .bind(clock::text(now))
        .execute(tx)
        .await?;
        Ok(true)
    }

    /// Forgets a customer whom Stripe no longer has.
    pub(super) async fn forget(&self, tx: &mut Tx, id: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM stripe_customers WHERE id = $1 AND brand = $2 AND environment = $3")
            .bind(id)
            .bind(&self.brand)
            .bind(self.environment.name())
            .execute(tx)
            .await?;
        Ok(())
    }
}
