//! Customers of whom Stripe has told something are read again, a few at a time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::api::{Failure, Form};
use super::object::Customer;
use super::{Customers, Stripe, path};
use crate::store::{Error, Tx};

/// How often it is looked whether there are any.
const POLL: Duration = Duration::from_secs(5);

impl Stripe {
    /// Keeps what is remembered of customers as Stripe has it, until it is told to stop. Without any to remember it ends at once.
    pub async fn reread(&self, stop: CancellationToken) {
        while self.customers.is_some() {
            if stop.run_until_cancelled(tokio::time::sleep(POLL)).await.is_none() {
                return;
            }
            if let Some(Err(error)) = stop.run_until_cancelled(self.reread_stale()).await {
                tracing::error!(%error, "Stripe's customers cannot be remembered");
            }
        }
    }

    /// Reads every customer of whom Stripe has told something, once. Gives how many were read. Whom Stripe does not answer about
    /// is tried again the next time.
    ///
    /// # Errors
    /// The database fails.
    pub async fn reread_stale(&self) -> Result<usize, Error> {
        let Some(customers) = &self.customers else { return Ok(0) };
        let (mut read, mut after) = (0, String::new());
        loop {
            let stale = customers.stale(&after).await?;
            let Some(last) = stale.last() else { return Ok(read) };
            after.clone_from(last);
            for id in stale {
                let Some(path) = path("v1/customers", &id) else { continue };
                match self.api.get::<Customer>(&path, &Form::new()).await {
                    Ok(customer) if !customer.deleted => self.keep(customers, customer).await?,
                    Ok(_) | Err(Failure::Missing(_)) => forget(customers, id).await?,
                    Err(failure) => {
                        tracing::warn!(%failure, "a customer cannot be read again");
                        return Ok(read);
                    }
                }
                read += 1;
            }
        }
    }

    async fn keep(&self, customers: &Customers, customer: Customer) -> Result<(), Error> {
        let (kept, now) = (customers.clone(), self.clock.now());
        let work = async move |tx: &mut Tx| {
            // Erased since Stripe has told of it.
            if !kept.keep(tx, &customer, now).await? {
                kept.forget(tx, &customer.id).await?;
            }
            Ok(())
        };
        customers.store.write(work).await
    }
}

async fn forget(customers: &Customers, id: String) -> Result<(), Error> {
    let kept = customers.clone();
    customers.store.write(async move |tx: &mut Tx| kept.forget(tx, &id).await).await
}
