use std::path::Path;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use uuid::Uuid;

use super::{Failed, checked_brand};
use crate::clock::Clock;
use crate::config::Config;
use crate::outbound::Client;
use crate::serve::open_store;
use crate::webhook::{Delivery, Register, ShownDelivery, Status, ping};

#[derive(Debug, Subcommand)]
pub(super) enum Webhooks {
    /// List what was told, newest first.
    List {
        /// Only of the brand with this slug.
        #[arg(long, value_name = "SLUG")]
        brand: Option<String>,
        /// Only what is in this state.
        #[arg(long, value_enum)]
        status: Option<Listed>,
        /// How many.
        #[arg(long, default_value_t = 50, value_name = "NUMBER")]
        limit: u32,
        /// Write one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Send a signed ping to each endpoint of a brand, now, and show what comes back. Fails if one does not answer 2xx.
    Test {
        /// The brand's slug.
        #[arg(long, value_name = "SLUG")]
        brand: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Listed {
    /// It is tried until it arrives.
    Pending,
    /// The endpoint has taken it.
    Sent,
    /// It was given up.
    Failed,
}

impl Webhooks {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        match self {
            Self::Test { brand } => test(&config, &brand).await,
            Self::List { brand, status, limit, json } => {
                if let Some(brand) = &brand {
                    checked_brand(&config, brand)?;
                }
                let status = status.map(|status| match status {
                    Listed::Pending => Status::Pending,
                    Listed::Sent => Status::Sent,
                    Listed::Failed => Status::Failed,
                });
                let store = open_store(&config.server.database).await?;
                let register = Register::new(store.clone(), Clock::system());
                let page = register.list(brand.as_deref(), status, None, limit).await;
                store.close().await;
                let deliveries = page?.map(|page| page.deliveries).unwrap_or_default();
                if json {
                    let listed: Vec<_> = deliveries.into_iter().map(ShownDelivery::from).collect();
                    println!("{}", serde_json::to_string(&listed)?);
                } else {
                    deliveries.iter().for_each(|delivery| println!("{}", line(delivery)));
                }
                Ok(())
            }
        }
    }
}

fn line(delivery: &Delivery) -> String {
    let Delivery { event, kind, brand, environment, url, attempts, told_at, .. } = delivery;
    let status = delivery.status.name();
    let mut line = format!("{told_at}  {event}  {kind}  {brand}  {environment}  {url}  {status}");
    if delivery.status != Status::Sent || *attempts > 1 {
        line.push_str(&format!("  attempts {attempts}"));
    }
    if let Some(at) = &delivery.next_attempt_at {
        line.push_str(&format!("  next {at}"));
    }
    if let Some(error) = &delivery.last_error {
        line.push_str(&format!("  ({error})"));
    }
    line
}

/// Posts a ping to every endpoint of a brand.
async fn test(config: &Config, slug: &str) -> Result<(), Failed> {
    checked_brand(config, slug)?;
    let endpoints = config.brand(slug).map(|brand| brand.webhooks.as_slice()).unwrap_or_default();
    if endpoints.is_empty() {
        return Err(format!("the brand \"{slug}\" has no webhook; add [[brand.webhook]] with `url`.").into());
    }
    let clock = Clock::system();
    let client = Client::new(config, clock.clone())?;
    let mut refused = 0;
    for endpoint in endpoints {
        let id = format!("ping_{}", Uuid::new_v4().simple());
        let data = json!({ "brand": slug, "environment": endpoint.environment.name() });
        let posted = client.post(slug, &endpoint.url, &id, &ping(&data, clock.now())).await;
        match &posted {
            Ok(answer) => {
                println!("{} answered {}.", endpoint.url, answer.status);
                if !answer.text.trim().is_empty() {
                    println!("    {}", printable(&answer.text));
                }
            }
            Err(why) => println!("{}: {why}.", endpoint.url),
        }
        refused += usize::from(!posted.is_ok_and(|answer| answer.is_taken()));
    }
    if refused > 0 {
        return Err(format!(
            "{refused} of {} did not take it: an endpoint has to answer 2xx.",
            endpoints.len()
        )
        .into());
    }
    Ok(())
}

/// What somebody else has written, so that it cannot do anything to a terminal.
fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    text.trim().chars().map(shown).collect::<String>().replace('\n', "\n    ")
}
