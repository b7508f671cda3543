//! The `farewell` command.

mod backup;
mod changes;
mod completions;
mod day;
mod declarations;
mod erase;
mod export;
mod init;
mod keys;
mod ledger;
mod lint;
mod migrate;
mod own_keys;
mod receipts;
mod replay;
mod serve;
mod sessions;
mod simulate;
mod stripe;
mod teach;
mod token;
mod webhooks;
mod whose;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::Config;

/// The cancel button's server: sessions, the retention flow, billing and results you can verify.
///
/// Write a farewell.toml, check it with `farewell lint`, make a key for your backend with `farewell keys create --brand <slug>`,
/// then start with `farewell serve`. The first start makes the database and the keys that seal sessions and sign results.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    files: Files,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  farewell init                              write a farewell.toml to begin with
  farewell simulate --brand example          walk the flow from the terminal, as a customer would
  farewell lint                              list every mistake in farewell.toml
  farewell keys create --brand example       make an API key for the backend of a brand
  farewell ledger import ledger.json --brand example
  farewell stripe check                      look whether the keys of Stripe may do what is needed
  farewell receipts test --brand example     try how receipts reach customers
  farewell sessions show FW-7K3Q-9XPD        what a customer did, by the receipt's reference
  farewell changes list --customer cus_1     what a customer has changed in the hub
  farewell export cancellations > ledger.csv
  farewell backup copy.db                    copy the database, also while the server runs
  farewell declarations list                 what was declared on the public pages and waits for somebody
  farewell webhooks test --brand example     send a signed ping and show what comes back
  farewell replay-webhooks --failed          tell again what could not be told
  farewell serve                             answer until Ctrl-C or SIGTERM

A session, from your backend:
  curl -X POST http://127.0.0.1:8787/v1/retention/session -H \"X-Brand-Key: $KEY\" \\
       -H 'Content-Type: application/json' -d '{\"retention\":{\"customer_id\":\"cus_1\"}}'";

#[derive(Args, Debug)]
struct Files {
    /// The configuration. Relative paths in it are taken from its directory.
    #[arg(
        long,
        short,
        global = true,
        default_value = "farewell.toml",
        env = "FAREWELL_CONFIG",
        value_name = "FILE"
    )]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests until Ctrl-C or SIGTERM.
    Serve(serve::Serve),
    /// Write a farewell.toml to begin with.
    Init(init::Init),
    /// Walk a brand's flow from the terminal, as a customer would. Nothing is changed anywhere.
    ///
    /// Says which law holds, which offers are left out and why, and shows each step with numbers to type.
    Simulate(simulate::Simulate),
    /// Check the configuration and list every mistake with its line and column.
    Lint,
    Migrate(migrate::Migrate),
    Backup(backup::Backup),
    Restore(backup::Restore),
    /// Keys: of merchants' backends, and the server's own.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// The built-in billing.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Make a customer's own token, for the calls that Pelcro's clients make to the built-in billing.
    Token(token::Token),
    /// Stripe, where it bills.
    #[command(subcommand)]
    Stripe(stripe::StripeCommand),
    /// Sessions: what customers did, and what became of it.
    #[command(subcommand)]
    Sessions(sessions::Sessions),
    /// Changes: what customers did in the subscription hub, and what became of it.
    #[command(subcommand)]
    Changes(changes::Changes),
    /// Write what happened to a file, for spreadsheets and programs.
    #[command(subcommand)]
    Export(export::Export),
    Erase(erase::Erase),
    /// How receipts reach customers.
    #[command(subcommand)]
    Receipts(receipts::ReceiptsCommand),
    /// Cancellations and withdrawals that were declared on the public pages.
    #[command(subcommand)]
    Declarations(declarations::Declarations),
    /// Webhooks: what was told to merchants' backends.
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Tell again what webhooks have told. The running server sends it; receivers know a repeat by its `webhook-id`.
    ReplayWebhooks(replay::Replay),
    Completions(completions::Completions),
}

/// Why a command has failed: a sentence for the person who typed it.
type Failed = Box<dyn std::error::Error>;

impl Cli {
    /// What was typed. Where it is wrong, or asks for help, the program ends here.
    #[must_use]
    pub fn typed() -> Self {
        let matches = Self::taught().get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// Every command, with examples in its help.
    fn taught() -> clap::Command {
        teach::taught(Self::command())
    }

    /// Does what was asked. Failures are told on standard error; the exit code is then 1.
    pub async fn run(self) -> ExitCode {
        let config = &self.files.config;
        let done = match self.command {
            Command::Serve(serve) => serve.run(config).await,
            Command::Init(init) => init.run(),
            Command::Simulate(simulate) => simulate.run(config).await,
            Command::Lint => lint::run(config),
            Command::Migrate(migrate) => migrate.run(config).await,
            Command::Backup(backup) => backup.run(config).await,
            Command::Restore(restore) => restore.run(config).await,
            Command::Keys(keys) => keys.run(config).await,
            Command::Ledger(ledger) => ledger.run(config).await,
            Command::Token(token) => token.run(config).await,
            Command::Stripe(stripe) => stripe.run(config).await,
            Command::Sessions(sessions) => sessions.run(config).await,
            Command::Changes(changes) => changes.run(config).await,
            Command::Export(export) => export.run(config).await,
            Command::Erase(erase) => erase.run(config).await,
            Command::Receipts(receipts) => receipts.run(config).await,
            Command::Declarations(declarations) => declarations.run(config).await,
            Command::Webhooks(webhooks) => webhooks.run(config).await,
            Command::ReplayWebhooks(replay) => replay.run(config).await,
            Command::Completions(completions) => completions.run(),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(failed) => {
                eprintln!("{failed}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Looks whether a brand of this slug is configured: the one that is built in has no backend. The sentence names those there are.
fn checked_brand(config: &Config, slug: &str) -> Result<(), Failed> {
    let slugs: Vec<_> = config.brands.iter().map(|brand| brand.slug.as_str()).collect();
    if slugs.contains(&slug) {
        return Ok(());
    }
    Err(format!("no brand has the slug \"{slug}\"; there is: {}.", slugs.join(", ")).into())
}

/// A text of somebody else's in one line, with nothing in it that a terminal would obey.
fn plain(text: &str) -> String {
    // What turns the direction of a line around can make it read as another.
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}
