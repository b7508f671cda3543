use std::{collections::HashMap, sync::Arc};

use super::Billing;

/// Which billing each brand has.
#[derive(Clone, Debug, Default)]
pub struct Registry(HashMap<String, Arc<dyn Billing>>);

impl Registry {
    /// The registry with one brand more.
    #[must_use]
    pub fn with(mut self, brand: impl Into<String>, billing: impl Billing + 'static) -> Self {
        self.0.insert(brand.into(), Arc::new(billing));
        self
    }

    /// The billing of the brand with this slug.
    #[must_use]
    pub fn get(&self, brand: &str) -> Option<Arc<dyn Billing>> {
        self.0.get(brand).cloned()
    }
}
