use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Failed, checked_brand};
use crate::billing::ledger::{Import, reset_sandbox};
use crate::brand::BillingKind;
use crate::clock::Clock;
use crate::config::Config;
use crate::serve::open_store;

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Bring plans, customers and subscriptions into the built-in billing. Importing again updates what is the same.
    Import {
        /// A JSON file: `{"plans": […], "customers": […]}`.
        file: PathBuf,
        /// The brand's slug.
        #[arg(long, value_name = "SLUG")]
        brand: String,
    },
    /// Forget what was changed in the sandbox: it sees customers as they are again.
    ResetSandbox {
        /// The brand's slug.
        #[arg(long, value_name = "SLUG")]
        brand: String,
    },
}

impl LedgerCommand {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let (Self::Import { brand, .. } | Self::ResetSandbox { brand }) = &self;
        checked_brand(&config, brand)?;
        if config.brand(brand).is_some_and(|brand| brand.billing != BillingKind::Ledger) {
            return Err(format!(
                "the brand \"{brand}\" does not use the ledger; write `billing = \"ledger\"` first."
            )
            .into());
        }
        match self {
            Self::Import { file, brand } => import(&config, &file, &brand).await,
            Self::ResetSandbox { brand } => reset(&config, &brand).await,
        }
    }
}

async fn reset(config: &Config, brand: &str) -> Result<(), Failed> {
    let store = open_store(&config.server.database).await?;
    let done = reset_sandbox(&store, brand).await;
    store.close().await;
    println!("{} customers are forgotten in the sandbox.", done?);
    Ok(())
}

/// Brings a file's rows into the ledger.
async fn import(config: &Config, file: &Path, brand: &str) -> Result<(), Failed> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {name}: {error}."))?;
    let import = Import::read(&text).map_err(|error| format!("{name}: {error}"))?;
    let store = open_store(&config.server.database).await?;
    let done = import.apply(&store, brand, Clock::system().now()).await;
    store.close().await;
    let done = done.map_err(|error| format!("{name}: {error}"))?;
    println!("{} plans, {} customers, {} subscriptions.", done.plans, done.customers, done.subscriptions);
    Ok(())
}
