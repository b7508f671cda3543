//! What customers have changed in the hub, for a person of the support.

use std::path::Path;

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::day::day;
use super::whose::Whose;
use super::{Failed, plain};
use crate::config::Config;
use crate::hub::{Filter, Record, Standing};
use crate::serve::open_store;
use crate::session::Environment;

#[derive(Debug, Subcommand)]
pub(super) enum Changes {
    /// List what customers have agreed to in the hub, the latest first, and what billing made of it.
    List {
        #[command(flatten)]
        whose: Whose,
        /// Only those that stand so.
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// Only what was agreed to on this day (UTC) or later.
        #[arg(long, value_name = "DAY", value_parser = day)]
        since: Option<Timestamp>,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_name = "NUMBER")]
        limit: u32,
        /// Write one JSON array.
        #[arg(long)]
        json: bool,
    },
}

/// How a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Status {
    /// Billing has not answered yet, or the customer's bank.
    Pending,
    /// It is done.
    Applied,
    /// You do it.
    Requested,
    /// It was not done.
    Refused,
}

impl Changes {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let Self::List { whose, status, since, limit, json } = self;
        whose.check(&config)?;
        let standing = status.map(|status| match status {
            Status::Pending => Standing::Pending,
            Status::Applied => Standing::Applied,
            Status::Requested => Standing::Requested,
            Status::Refused => Standing::Refused,
        });
        let environment = whose.environment();
        let Whose { brand, customer, .. } = whose;
        let filter = Filter { brand, environment, customer, standing, since };
        let store = open_store(&config.server.database).await?;
        let listed = Record::list(&store, &filter, limit).await;
        store.close().await;
        let listed = listed?;
        if json {
            println!("{}", Value::Array(listed.iter().map(shown).collect()));
        } else {
            listed.iter().for_each(|change| println!("{}", line(change)));
        }
        Ok(())
    }
}

fn shown(change: &Record) -> Value {
    json!({
        "id": change.id,
        "brand": change.brand,
        "environment": change.environment.name(),
        "session": change.session,
        "customer": change.customer,
        "subscription": change.subscription,
        "change": change.kind,
        "status": change.status,
        "plan": change.plan(),
        "pause": change.pause(),
        "offer": change.offer(),
        "attempts": change.attempts,
        "why": change.why,
        "agreed_at": change.agreed_at,
        "settled_at": change.settled_at,
    })
}

fn line(change: &Record) -> String {
    let Record { agreed_at, brand, customer, subscription, kind, status, .. } = change;
    let sandbox = if change.environment == Environment::Prod { "" } else { " (sandbox)" };
    let mut line = format!("{agreed_at}  {brand}{sandbox}  {customer}  {subscription}  {kind}");
    if let Some(plan) = change.plan() {
        line.push_str(&format!(" {plan}"));
    }
    line.push_str(&format!("  {status}"));
    if let Some(why) = &change.why {
        line.push_str(&format!("  ({why})"));
    }
    plain(&line)
}
