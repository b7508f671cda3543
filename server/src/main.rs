//! The `farewell` command.

use std::process::ExitCode;

use clap::Parser;
use farewell_server::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
