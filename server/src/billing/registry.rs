use std::{collections::HashMap, sync::Arc};

use super::{Billing, merchant::Merchant};
use crate::session::Environment;

/// Which billing each brand has, for what counts and for what somebody tries out. Cheap to clone: every request has one.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<HashMap<String, Billings>>);

/// A brand's billings.
#[derive(Clone, Debug)]
struct Billings {
    prod: Arc<dyn Billing>,
    sandbox: Arc<dyn Billing>,
}

impl Registry {
    /// The registry with one brand more, whose billing is the same for both environments.
    #[must_use]
    pub fn with(self, brand: impl Into<String>, billing: impl Billing + 'static) -> Self {
        let billing: Arc<dyn Billing> = Arc::new(billing);
        self.having(brand.into(), Billings { prod: billing.clone(), sandbox: billing })
    }

    /// The registry with one brand more, with a billing for each environment.
    #[must_use]
    pub fn with_each(
        self,
        brand: impl Into<String>,
        prod: impl Billing + 'static,
        sandbox: impl Billing + 'static,
    ) -> Self {
        self.having(brand.into(), Billings { prod: Arc::new(prod), sandbox: Arc::new(sandbox) })
    }

    fn having(mut self, brand: String, billings: Billings) -> Self {
        Arc::make_mut(&mut self.0).insert(brand, billings);
        self
    }

    /// The billing of the brand with this slug; where a session hands over what the customer asks for, the merchant.
    #[must_use]
    pub fn of(&self, brand: &str, environment: Environment, hands_over: bool) -> Option<Arc<dyn Billing>> {
        if hands_over { Some(Arc::new(Merchant)) } else { self.get(brand, environment) }
    }

    /// The billing of the brand with this slug.
    #[must_use]
    pub fn get(&self, brand: &str, environment: Environment) -> Option<Arc<dyn Billing>> {
        let Billings { prod, sandbox } = self.0.get(brand)?;
        Some(match environment {
            Environment::Prod => prod.clone(),
            Environment::Sandbox => sandbox.clone(),
        })
    }
}
