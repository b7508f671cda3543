use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;
use uuid::Uuid;

use super::{Failed, checked_brand};
use crate::brand::Receipts;
use crate::clock::Clock;
use crate::config::Config;
use crate::mail::Letter;
use crate::serve::ways;
use crate::sign::Signer;

#[derive(Debug, Subcommand)]
pub(super) enum ReceiptsCommand {
    /// Try the way a brand's receipts take: mail a test to an address, or post a ping to the merchant's backend.
    Test {
        /// The brand's slug.
        #[arg(long, value_name = "SLUG")]
        brand: String,
        /// Whom to send a test mail to, where receipts are mailed. Without it, only the mail server is asked.
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
}

impl ReceiptsCommand {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let Self::Test { brand: slug, to } = self;
        let config = Arc::new(Config::load(path)?);
        checked_brand(&config, &slug)?;
        let Some(brand) = config.brand(&slug).cloned() else { return Ok(()) };
        let signer = Arc::new(Signer::open(&config.server.keys)?);
        let clock = Clock::system();
        let ways = ways(&config, &signer, &clock)?;
        ways.check(&brand).await?;
        match (&brand.receipts, &ways.smtp, to) {
            (Receipts::None, ..) => {
                println!("The brand's receipts are shown and can be saved; `receipts` sends them nowhere.");
            }
            (Receipts::Merchant(url), ..) => println!("{url} takes them."),
            (Receipts::Mail, Some(smtp), Some(to)) => {
                let letter = Letter {
                    id: Uuid::new_v4().to_string(),
                    brand: brand.name.clone(),
                    support_email: brand.support_email.clone(),
                    to: to.clone(),
                    subject: format!("{}: test", brand.name),
                    text: "This is a test of Farewell: receipts can be mailed.\n".into(),
                    written_at: clock.now(),
                };
                smtp.send(&letter).await.map_err(|refused| refused.said.unwrap_or(refused.why))?;
                println!(
                    "The mail server has taken a mail to {to}. Look whether it arrives, and not as spam."
                );
            }
            (Receipts::Mail, ..) => {
                println!("The mail server lets us in. Name an address with --to to have a mail sent.");
            }
        }
        Ok(())
    }
}
