//! The `farewell` command.

use std::process::ExitCode;

use farewell_server::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::typed().run().await
}
