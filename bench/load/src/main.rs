//! How much the server bears, beside bare programs that do the least that could be done. `cargo xtask bench server` runs it.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

mod bare;
mod commits;
mod connection;
mod customers;
mod demand;
mod load;
mod plan;
mod program;
mod report;
mod run;
mod soak;
mod statistic;
mod way;

#[derive(Parser)]
#[command(name = "farewell-load", about = "Load for the server, beside bare programs")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure everything
    Run(plan::Plan),
    /// Be the bare handler that session creation is held against
    Bare(bare::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(plan) => interruptible(run::run(&plan)).await,
        Command::Bare(options) => bare::serve(&options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Drops the work at Ctrl-C and at SIGTERM, and with it the programs it has started.
async fn interruptible(work: impl Future<Output = Result<()>>) -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminate.recv() => bail!("told to stop"),
    }
}
