use super::change::{self, Written};
use super::quoted::Quoted;
use super::{HubClaims, Notice, Posted, Screen};
use crate::billing::{Instruction, QuoteError};
use crate::brand::Brand;
use crate::session::{SessionError, Sessions};

impl Sessions {
    /// Does what a form of the hub says, and gives what is to be shown after it. Whatever is sent twice is done once.
    ///
    /// # Errors
    /// Billing cannot be asked or does not know the customer, or the database fails. Then nothing was done.
    pub async fn act_in_hub(
        &self,
        claims: &HubClaims,
        brand: &Brand,
        posted: Posted,
    ) -> Result<Screen, SessionError> {
        Ok(match posted {
            Posted::Home => Screen::HOME,
            Posted::Open { subscription, want, choice } if want.chooses() => {
                Screen::Choice { subscription, want, choice }
            }
            Posted::Open { subscription, want, choice } | Posted::Preview { subscription, want, choice } => {
                Screen::Preview { subscription, want, choice, changed: false }
            }
            Posted::Back { subscription, want } => {
                Screen::Home { from: Some((subscription, want)), notice: None }
            }
            Posted::Look { change } => {
                self.look_again(claims, brand, &change).await?;
                Screen::Told { change }
            }
            Posted::Invoices => Screen::Invoices,
            Posted::Payment => Screen::Payment,
            Posted::Confirm { quote } => match Quoted::open(&self.sealer, &quote) {
                Ok(quoted) => self.agree(claims, brand, quoted).await?,
                // Of a key that is no longer in use, or not of ours.
                Err(_) => Screen::Home { from: None, notice: Some(Notice::NotNow) },
            },
        })
    }

    /// Asks billing about a change that is pending.
    async fn look_again(&self, claims: &HubClaims, brand: &Brand, number: &str) -> Result<(), SessionError> {
        let pending = change::find(&self.store, claims, number).await?;
        if !pending.is_some_and(|change| change.standing == change::Standing::Pending) {
            return Ok(());
        }
        // Pressed again and again, it is left to the executor's own pace.
        if self.limits.count_look(&change::id(claims, number)).is_err() {
            return Ok(());
        }
        let (own, named, now) = (claims.clone(), number.to_owned(), self.clock.now());
        self.store.write(async move |tx| change::hasten(tx, &own, &named, now).await).await?;
        let patience = self.billing(&brand.slug, claims.environment, false)?.patience();
        self.executor.settle_change_now(&change::id(claims, number), patience).await?;
        Ok(())
    }

    /// Does what a customer has agreed to.
    async fn agree(&self, claims: &HubClaims, brand: &Brand, quoted: Quoted) -> Result<Screen, SessionError> {
        let number = quoted.number.to_string();
        // A page may have taken another session meanwhile. What was agreed to in the first is asked again in it.
        let known =
            async || Ok::<_, SessionError>(change::find(&self.store, claims, &number).await?.is_some());
        let own = quoted.session == claims.sid;
        if !own || !known().await? {
            let Quoted { subscription, want, choice, .. } = quoted.clone();
            let fresh = own && quoted.is_fresh(self.clock.now());
            let agreed = fresh && self.still_holds(claims, brand, &quoted).await?;
            if agreed {
                if self.write_change(claims, quoted).await? == Written::Waits {
                    return Ok(Screen::Home { from: None, notice: Some(Notice::Waits) });
                }
            // Sent twice at the same time, it may be that the other has been carried out just now.
            } else if !own || !known().await? {
                return Ok(Screen::Preview { subscription, want, choice, changed: true });
            }
        }
        let patience = self.billing(&brand.slug, claims.environment, false)?.patience();
        self.executor.settle_change_now(&change::id(claims, &number), patience).await?;
        Ok(Screen::Told { change: number })
    }

    /// Whether what a customer was shown is what they get, and the brand still offers it.
    async fn still_holds(
        &self,
        claims: &HubClaims,
        brand: &Brand,
        quoted: &Quoted,
    ) -> Result<bool, SessionError> {
        let billing = self.billing(&brand.slug, claims.environment, false)?;
        let Quoted { subscription, want, choice, wanted, .. } = quoted;
        let ways = self.ways(claims, brand, subscription).await?;
        if !ways.has(*want) || !ways.still_allow(*want, choice.as_deref(), wanted) {
            return Ok(false);
        }
        match billing.quote(&claims.customer, Some(subscription), wanted).await {
            Ok(now) => Ok(quoted.still_holds(&now)),
            Err(QuoteError::Lookup(error)) => Err(error.into()),
            Err(_) => Ok(false),
        }
    }

    async fn write_change(&self, claims: &HubClaims, quoted: Quoted) -> Result<Written, SessionError> {
        let instruction = Instruction {
            customer: claims.customer.clone(),
            subscription: Some(quoted.subscription),
            session: Some(claims.sid.to_string()),
            event: None,
            reason: None,
            requested_at: self.clock.now(),
            change: quoted.change,
        };
        let (claims, number) = (claims.clone(), quoted.number.to_string());
        let written = self
            .store
            .write(async move |tx| change::insert(tx, &claims, (&number, quoted.want), &instruction).await);
        Ok(written.await?)
    }
}
