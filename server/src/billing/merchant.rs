//! Billing that is the merchant's own: nothing is touched here, the merchant acts on the verified result.

use super::{
    Account, Answer, Billing, Can, Customer, Holding, Instruction, Lookup, LookupError, PlanTerms, Snapshot,
};

/// Knows what it was told, accepts every customer, and leaves everything to the merchant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Merchant;

#[async_trait::async_trait]
impl Billing for Merchant {
    /// The customer's id is the one given; where only an e-mail address was given, it is that.
    async fn snapshot(&self, lookup: &Lookup) -> Result<Snapshot, LookupError> {
        let id = lookup.customer.as_ref().or(lookup.email.as_ref()).ok_or(LookupError::NobodyNamed)?;
        Ok(Snapshot {
            customer: Customer {
                id: id.clone(),
                user_id: None,
                place: None,
                name: None,
                email: lookup.email.clone(),
            },
            subscription: lookup.subscription.clone(),
            terms: None,
            discounts: Vec::new(),
            can: Can {
                cancel: true,
                undo: false,
                discount: true,
                pause: true,
                change_plan: true,
                // Whether there is a trial nobody has said.
                extend_trial: true,
                ..Can::default()
            },
            began_at: None,
            pause: None,
            trial_ends_at: None,
            withheld: Vec::new(),
        })
    }

    /// One subscription of which nothing is known.
    async fn account(&self, lookup: &Lookup) -> Result<Account, LookupError> {
        let Snapshot { customer, can, .. } = self.snapshot(lookup).await?;
        let only = Holding {
            id: None,
            terms: None,
            next_payment: None,
            ends_at: None,
            ended: false,
            next_plan: None,
            pause: None,
            trial_ends_at: None,
            can,
        };
        Ok(Account { customer, subscriptions: vec![only], payment_method: None })
    }

    async fn plans(&self, _ids: &[String]) -> Result<Option<Vec<PlanTerms>>, LookupError> {
        Ok(None)
    }

    async fn execute(&self, _key: &str, _instruction: &Instruction) -> Answer {
        Answer::Requested
    }

    async fn read_back(&self, _key: &str, _instruction: &Instruction) -> Answer {
        Answer::Requested
    }
}
