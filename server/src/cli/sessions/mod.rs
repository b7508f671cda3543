//! What a person of the support needs to know of a session.

mod list;
mod show;

use std::path::Path;

use clap::{Subcommand, ValueEnum};
use flow::State;
use jiff::Timestamp;

use super::Failed;
use super::day::day;
use super::whose::Whose;
use crate::clock::Clock;
use crate::config::Config;
use crate::serve::open_store;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum Sessions {
    /// List sessions, the latest first.
    List {
        #[command(flatten)]
        whose: Whose,
        /// Only those that go on, or only those that have ended.
        #[arg(long, value_enum)]
        state: Option<Standing>,
        /// Only sessions opened on this day (UTC) or later.
        #[arg(long, value_name = "DAY", value_parser = day)]
        since: Option<Timestamp>,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_name = "NUMBER")]
        limit: usize,
        /// Write one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Show one session: every step, offer and answer, and what became of it.
    Show {
        /// The session's id, or the reference of its receipt, such as FW-7K3Q-9XPD.
        id: String,
        /// Also what the customer has written.
        #[arg(long)]
        with_text: bool,
        /// Write one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Whether something can still be done in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Standing {
    /// The customer has not decided, and can.
    Open,
    /// The customer has decided, or the time to do so is over.
    Ended,
}

impl Standing {
    fn of(state: &State, expires_at: &str, now: &str) -> Self {
        let undecided = state.runs.last().is_none_or(|run| run.outcome.is_none());
        if undecided && expires_at > now { Self::Open } else { Self::Ended }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
        }
    }
}

impl Sessions {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        let store = open_store(&config.server.database).await?;
        let done = self.with(&config, &store).await;
        store.close().await;
        done
    }

    async fn with(self, config: &Config, store: &Store) -> Result<(), Failed> {
        let now = Clock::system().now_text();
        match self {
            Self::List { whose, state, since, limit, json } => {
                whose.check(config)?;
                let environment = whose.environment();
                let Whose { brand, customer, .. } = whose;
                let wanted = list::Wanted { brand, environment, customer, state, since };
                let listed = list::list(store, &wanted, limit, &now).await?;
                if json {
                    println!("{}", serde_json::to_string(&listed)?);
                } else {
                    listed.iter().for_each(|session| println!("{}", session.line()));
                }
                Ok(())
            }
            Self::Show { id, with_text, json } => show::show(store, &id, with_text, json, &now).await,
        }
    }
}
