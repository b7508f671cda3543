use std::path::Path;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::{Failed, checked_brand, plain};
use crate::clock::Clock;
use crate::config::Config;
use crate::erase::{Customer, Erased, How, Matched, again, erase};
use crate::serve::open_store;
use crate::store::Store;

/// Erase what is known of a customer.
#[derive(Args, Debug)]
pub(super) struct Erase {
    /// The brand's slug.
    #[arg(long, value_name = "SLUG", required_unless_present = "again")]
    brand: Option<String>,
    /// The customer's id in billing, or the one in your own system.
    #[arg(long, value_name = "ID", required_unless_present = "again", value_parser = NonEmptyStringValueParser::new())]
    customer: Option<String>,
    /// Erase again everybody who was erased and is there again, out of a backup that was restored.
    #[arg(long, conflicts_with_all = ["brand", "customer"])]
    again: bool,
    /// Change nothing, and say what would be erased.
    #[arg(long)]
    dry_run: bool,
    /// Also what is still to be carried out or to be sent. It is then never done.
    #[arg(long)]
    even_pending: bool,
    /// Write one JSON object.
    #[arg(long)]
    json: bool,
}

impl Erase {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let store = open_store(&config.server.database).await?;
        let done = self.with(&config, &store).await;
        store.close().await;
        done
    }

    async fn with(self, config: &Config, store: &Store) -> Result<(), Failed> {
        let how = How { dry_run: self.dry_run, even_pending: self.even_pending };
        let (receipts, now) = (config.server.retention.receipts, Clock::system().now());
        let (Some(brand), Some(id)) = (self.brand, self.customer) else {
            let all = again(store, how, receipts, now).await?;
            if self.json {
                println!("{}", json!({ "dry_run": how.dry_run, "customers": all }));
            } else {
                all.iter().for_each(|erased| print(erased, how));
                println!(
                    "{}: {}",
                    if how.dry_run { "Customers to erase again" } else { "Customers erased again" },
                    all.len()
                );
            }
            return Ok(());
        };
        checked_brand(config, &brand)?;
        let erased = erase(store, &Customer { brand, id }, how, receipts, now).await?;
        if self.json {
            let Erased { matched, counts, kept } = &erased;
            println!(
                "{}",
                json!({ "dry_run": how.dry_run, "matched": matched, "counts": counts, "kept": kept })
            );
        } else {
            print(&erased, how);
        }
        Ok(())
    }
}

fn print(erased: &Erased, how: How) {
    let Matched { customer, users } = &erased.matched;
    let in_billing = customer.iter().map(|id| format!("\"{}\" in billing", plain(id)));
    let in_own = users.iter().map(|user| format!("\"{}\" in your own system", plain(user)));
    let names: Vec<_> = in_billing.chain(in_own).collect();
    if !names.is_empty() {
        println!("Customer: {}.", names.join(", "));
    }
    let counts: Vec<_> = erased.counts.iter().map(|(what, rows)| format!("{rows} {what}")).collect();
    match (counts.is_empty(), how.dry_run) {
        (true, _) => println!("Nothing is known of this customer."),
        (false, true) => println!("Would be erased: {}.", counts.join(", ")),
        (false, false) => println!("Erased: {}.", counts.join(", ")),
    }
    for kept in &erased.kept {
        let until = kept.until.as_ref().map_or_else(|| "for good".into(), |until| format!("until {until}"));
        println!("Kept as it was signed: receipt {} of {}, {until}.", kept.reference, kept.issued_at);
    }
}
