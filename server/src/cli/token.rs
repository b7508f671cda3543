use std::path::Path;

use clap::Args;
use serde_json::json;

use super::{Failed, checked_brand};
use crate::billing::ledger::customer;
use crate::brand::BillingKind;
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::customer_token::{CustomerToken, MOST_DAYS, USUAL_DAYS};
use crate::serve::open_store;
use crate::session::Environment;
use crate::sign::Signer;

#[derive(Debug, Args)]
pub(super) struct Token {
    /// The brand's slug.
    #[arg(long, value_name = "SLUG")]
    brand: String,
    /// The customer's id in the ledger.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// For how many days it lasts.
    #[arg(long, default_value_t = USUAL_DAYS, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    days: u32,
    /// For trying things out: what it changes does not count.
    #[arg(long)]
    sandbox: bool,
    /// Write one JSON object: token, site_id, expires_at.
    #[arg(long)]
    json: bool,
}

impl Token {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        checked_brand(&config, &self.brand)?;
        let brand = config.brand(&self.brand).filter(|brand| brand.billing == BillingKind::Ledger);
        let Some(brand) = brand else {
            return Err(format!(
                "the brand \"{}\" does not use the ledger, which alone takes these tokens.",
                self.brand
            )
            .into());
        };
        let environment = if self.sandbox { Environment::Sandbox } else { Environment::Prod };
        let now = Clock::system().now();
        let store = open_store(&config.server.database).await?;
        let found = customer(&store, &brand.slug, environment, &self.customer, now).await;
        store.close().await;
        if found?.is_none() {
            return Err(format!("the ledger has no customer \"{}\".", self.customer.escape_default()).into());
        }
        let token = CustomerToken::new(&self.customer, &brand.slug, environment, self.days, now);
        let text = token.sign(&Signer::open(&config.server.keys)?)?;
        if self.json {
            let expires_at = clock::text(jiff::Timestamp::from_second(token.exp)?);
            println!("{}", json!({ "token": text, "site_id": brand.site_id, "expires_at": expires_at }));
        } else {
            println!("{text}");
        }
        Ok(())
    }
}
