//! Whose sessions or changes a list is of.

use clap::{Args, ValueEnum};

use super::{Failed, checked_brand};
use crate::config::Config;
use crate::session::Environment;

#[derive(Args, Debug)]
pub(super) struct Whose {
    /// Only of the brand with this slug.
    #[arg(long, value_name = "SLUG")]
    pub(super) brand: Option<String>,
    /// Only of this environment.
    #[arg(long, value_enum)]
    environment: Option<In>,
    /// Only of the customer with this id in billing.
    #[arg(long, value_name = "ID")]
    pub(super) customer: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum In {
    /// What counts.
    Prod,
    /// Somebody tried things out.
    Sandbox,
}

impl Whose {
    /// Says no to a brand that is not configured.
    pub(super) fn check(&self, config: &Config) -> Result<(), Failed> {
        self.brand.as_ref().map_or(Ok(()), |brand| checked_brand(config, brand).map(drop))
    }

    pub(super) fn environment(&self) -> Option<Environment> {
        self.environment.map(|environment| match environment {
            In::Prod => Environment::Prod,
            In::Sandbox => Environment::Sandbox,
        })
    }
}
