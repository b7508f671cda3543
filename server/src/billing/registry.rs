use std::{collections::HashMap, sync::Arc};

use super::{Billing, merchant::Merchant};

/// Which billing each brand has. Cheap to clone: every request has one.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<HashMap<String, Arc<dyn Billing>>>);

impl Registry {
    /// The registry with one brand more.
    #[must_use]
    pub fn with(mut self, brand: impl Into<String>, billing: impl Billing + 'static) -> Self {
        Arc::make_mut(&mut self.0).insert(brand.into(), Arc::new(billing));
        self
    }

    /// The billing of the brand with this slug; where a session hands over what the customer asks for, the merchant.
    #[must_use]
    pub fn of(&self, brand: &str, hands_over: bool) -> Option<Arc<dyn Billing>> {
        if hands_over { Some(Arc::new(Merchant)) } else { self.get(brand) }
    }

    /// The billing of the brand with this slug.
    #[must_use]
    pub fn get(&self, brand: &str) -> Option<Arc<dyn Billing>> {
        self.0.get(brand).cloned()
    }
}
