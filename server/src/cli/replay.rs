use std::path::Path;

use clap::{ArgGroup, Args};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::{Failed, checked_brand};
use crate::clock::Clock;
use crate::config::Config;
use crate::serve::open_store;
use crate::webhook::{Register, Replayed, Which};

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).args(["event", "failed", "since"]))]
pub(super) struct Replay {
    /// Only of the brand with this slug.
    #[arg(long, value_name = "SLUG")]
    brand: Option<String>,
    /// One event, at every endpoint that takes it now: its `webhook-id`, such as evt_….
    #[arg(long, value_name = "ID")]
    event: Option<String>,
    /// Everything that was given up.
    #[arg(long)]
    failed: bool,
    /// Every event from this day (UTC) on, such as 2026-11-21, at every endpoint that takes it now.
    #[arg(long, value_name = "DAY")]
    since: Option<Date>,
    /// Write one JSON object: found, queued, unwanted.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        if let Some(brand) = &self.brand {
            checked_brand(&config, brand)?;
        }
        let which = match (self.event, self.since) {
            (Some(event), _) => Which::Event(event),
            (_, Some(day)) => Which::Since(day.to_zoned(TimeZone::UTC)?.timestamp()),
            (None, None) => Which::Failed,
        };
        let store = open_store(&config.server.database).await?;
        let register = Register::new(store.clone(), Clock::system());
        let done = register.replay(self.brand.as_deref(), which.clone()).await;
        store.close().await;
        let Replayed { found, queued, unwanted } = done?;
        if let (Which::Event(id), 0) = (&which, found) {
            return Err(format!("no event has the id {id}; `farewell webhooks list` shows them.").into());
        }
        if self.json {
            println!("{}", json!({ "found": found, "queued": queued, "unwanted": unwanted }));
            return Ok(());
        }
        let found = match which {
            Which::Failed => counted(found, "failed delivery", "failed deliveries"),
            Which::Event(_) | Which::Since(_) => counted(found, "event", "events"),
        };
        let queued = counted(queued, "delivery is", "deliveries are");
        println!("Found {found}; {queued} in line. The running server sends what is in line.");
        if unwanted > 0 {
            println!("{unwanted} of them left alone: no endpoint of the running server takes them.");
        }
        Ok(())
    }
}

fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
